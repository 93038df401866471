-- bench.lua: what wrk asks for, by the first argument after `--`, and one line of results for tests/bench/run.
-- The second argument is how many authors there are; the third tells the clients of different runs apart.

local modes = {
    same = function() return wrk.format("GET") end,
    random = function()
        return wrk.format("GET", "/api/authors/" .. math.random(1, authors))
    end,
    post = function()
        made = made + 1
        local body = string.format(
            '{"title":"bench %s %d","description":"d","publish_date":"1974-05-01","author_id":%d}',
            run, made, math.random(1, authors))
        return wrk.format("POST", "/api/books", { ["Content-Type"] = "application/json" }, body)
    end,
}

function init(args)
    made = 0
    authors = tonumber(args[2] or "1")
    run = args[3] or "0"
    math.randomseed(tonumber(run) or 1)
    request = modes[args[1] or "same"]
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("RESULT %.0f %d %d %d %d\n", summary.requests / (summary.duration / 1e6),
        latency:percentile(50), latency:percentile(99), summary.requests,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
