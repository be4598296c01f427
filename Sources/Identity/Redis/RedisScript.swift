// The bucket as Redis keeps it: the same rule as `TokenBucket`, by the clock of Redis, so that gateways whose clocks differ
// agree.

internal import Pipeline

/// What is asked for one token, and what the answer means.
enum RedisScript {
    /// The key holds the time at which the bucket is full, in microseconds since 1970, and leaves by itself when it is. Answers
    /// 0 if there was a token, else the microseconds until there is one. One that a
    /// slower rate emptied is taken to be empty, and no emptier, by a faster one, from when that first asks. A script runs to its end before anything else does.
    static let text = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local one, whole = tonumber(ARGV[1]), tonumber(ARGV[2])
        local full = tonumber(redis.call('GET', KEYS[1]) or now)
        if full < now then full = now end
        local slower = full > now + whole
        if slower then full = now + whole end
        local wait = math.max(0, math.ceil(full - now + one - whole))
        if wait == 0 then full = full + one end
        if wait == 0 or slower then
            redis.call('SET', KEYS[1], string.format('%.2f', full), 'PX', math.ceil((full - now) / 1000) + 1)
        end
        return wait
        """

    static func command(_ digest: String, _ tenant: String, _ rate: Rate) -> [String] {
        ["EVALSHA", digest, "1", "conversation-gateway:rate:" + tenant, micros(rate.one), micros(rate.whole)]
    }

    /// Whether an error is for whatever is asked, and not for one key alone that holds something else. The word may stand within
    /// what the script says of itself (before Redis 7).
    static func concernsAll(_ error: String) -> Bool {
        error.split { !$0.isLetter }.contains { states.contains(String($0)) }
    }

    /// What Redis says of its state: it is not ready, not to be written to, full, busy, or lets this client do nothing.
    private static let states: Set<String> = [
        "NOSCRIPT", "LOADING", "READONLY", "OOM", "MASTERDOWN", "MISCONF", "NOREPLICAS", "BUSY", "CLUSTERDOWN", "MOVED",
        "NOAUTH", "NOPERM",
    ]

    static let load = ["SCRIPT", "LOAD", text]

    private static func micros(_ time: Duration) -> String {
        let (seconds, attoseconds) = time.components
        return String(Double(seconds) * 1_000_000 + Double(attoseconds) / 1_000_000_000_000)
    }
}
