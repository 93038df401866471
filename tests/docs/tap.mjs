// tap.mjs: test results as lines that tests/run counts (Test Anything Protocol).

export class Tap {
    #done = 0;
    #failed = 0;

    #line(good, name, lines = []) {
        this.#done++;
        this.#failed += good ? 0 : 1;
        console.log(`${good ? "ok" : "not ok"} ${this.#done} - ${name}`);
        if (!good) lines.slice(0, 40).forEach((line) => this.note(line));
    }

    note(text) {
        console.log(String(text).replace(/^/gm, "#   "));
    }

    is(name, expected, got) {
        this.#line(expected === got, name, [`expected: ${expected}`, `got:      ${got}`]);
    }

    /** `wrong` is a list of what is wrong: it must be empty. */
    none(name, wrong) {
        this.#line(wrong.length === 0, name, wrong);
    }

    end() {
        console.log(`1..${this.#done}`);
        process.exitCode = this.#failed ? 1 : 0;
    }
}
