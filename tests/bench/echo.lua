-- For wrk: posts the form in the file that BENCH_FORM names; the last line is answers per second.
local file = assert(io.open(os.getenv("BENCH_FORM")))
wrk.method = "POST"
wrk.body = file:read()
file:close()
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Origin"] = "https://portal.example.tw"

function done(summary, latency)
    local errors = summary.errors
    if errors.connect + errors.read + errors.write + errors.status + errors.timeout > 0 then
        print("some requests failed")
    else
        print(summary.requests * 1e6 / summary.duration)
    end
end
