# docs.sh: what the tests of the documentation need beside the stack. Source it after tap.sh.
# shellcheck shell=bash

docs=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../docs" && pwd)
export REDOCLY_TELEMETRY=off

# Says loudly what cannot be run, and gives false.
needs_node() { # WHAT [PACKAGE]
    if ! command -v node >/dev/null; then
        printf 'NOT RUN: %s: there is no node here (Debian: apt install nodejs npm)\n' "$1"
        return 1
    fi
    [ -d "$docs/node_modules/${2:-ajv}" ] || {
        printf 'NOT RUN: %s: %s is not installed (tools/docs tests)\n' "$1" "${2:-ajv}"
        return 1
    }
}

# Starts a stack in a private folder, or ends the script.
start_for_docs() { # NAME
    export DOCS_DIR=${DOCS_DIR:-$root/build/swagger-ui}
    enter_private_folder "$1"
    if stack_start sqlite serve; then
        ok "the stack starts"
        return
    fi
    not_ok "the stack starts"
    tap_end
    exit 1
}

# `status` is that of programs that count their tests themselves.
end_for_docs() { # STATUS
    check "the stack stops" stack_stop
    check_sanitizers
    tap_end && [ "$1" -eq 0 ]
    exit
}
