-- One tool call, again and again, for wrk. Settings come from the environment:
--   BENCH_KEY  API key, if the server wants one
--   BENCH_WAIT milliseconds between the calls of a connection; without it they follow at once
-- The last line of output is: calls, seconds, p50, p99, p99.9 (in ms), failures.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["MCP-Protocol-Version"] = "2026-07-28"
wrk.headers["Mcp-Method"] = "tools/call"
wrk.headers["Mcp-Name"] = "list_accounts"
wrk.headers["User-Agent"] = "bench/1"

local key = os.getenv("BENCH_KEY")
if key then
    wrk.headers["Authorization"] = "Bearer " .. key
end

local body = io.open(os.getenv("BENCH_BODY"))
wrk.body = body:read("*a")
body:close()

local wait = tonumber(os.getenv("BENCH_WAIT") or "")
if wait then
    -- Spread, so that the connections do not march in step.
    function delay()
        return math.random(0, 2 * wait)
    end
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("%d %.6f %.4f %.4f %.4f %d\n", summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, failed))
end
