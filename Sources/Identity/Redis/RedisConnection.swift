// One connection to Redis: commands out, replies back, by hiredis. All of it blocks, with a limit.

internal import CHiredis
internal import Glibc

/// Why Redis could not be asked.
struct RedisUnavailable: Error, Equatable {
    let reason: String

    static let late = RedisUnavailable(reason: "no answer in time")
}

/// Where a Redis listens.
enum RedisAddress: Equatable, Sendable {
    case network(host: String, port: Int32)
    case socket(path: String)

    /// `host:port`, `[::1]:6379` or `unix:/path`, as the configuration has checked it.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            self = .socket(path: String(text.dropFirst(5)))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int32(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        self = .network(host: String(isBracketed ? host.dropFirst().dropLast() : host), port: port)
    }
}

/// Used by one thread. Closed with the value.
struct RedisConnection: ~Copyable {
    enum Reply: Equatable {
        case integer(Int)
        case text(String)
        /// Redis understood and refuses: `NOSCRIPT …`, `LOADING …`.
        case error(String)
        case other
    }

    private let context: UnsafeMutablePointer<redisContext>

    /// - Parameters:
    ///   - patience: how long connecting may take.
    ///   - silence: how long Redis may take nothing of what is sent.
    static func open(
        to address: RedisAddress, patience: Duration, silence: Duration
    ) throws(RedisUnavailable) -> RedisConnection {
        let made =
            switch address {
            case .network(let host, let port): redisConnectWithTimeout(host, port, timeval(patience))
            case .socket(let path): redisConnectUnixWithTimeout(path, timeval(patience))
            }
        guard let made else { throw RedisUnavailable(reason: "out of memory") }
        let connection = RedisConnection(made)
        if made.pointee.err != 0 { throw connection.problem }
        try connection.allow(silence: silence)
        return connection
    }

    private init(_ context: UnsafeMutablePointer<redisContext>) {
        self.context = context
    }

    deinit { redisFree(context) }

    private func allow(silence: Duration) throws(RedisUnavailable) {
        guard redisSetTimeout(context, timeval(silence)) == REDIS_OK else { throw problem }
    }

    /// Lays a command out, to be sent with `send`.
    func append(_ words: [String]) throws(RedisUnavailable) {
        var bytes: [CChar] = []
        var starts: [Int] = [], lengths: [Int] = []
        for word in words {
            starts.append(bytes.count)
            lengths.append(word.utf8.count)
            bytes += word.utf8.map(CChar.init(bitPattern:))
        }
        let status = bytes.withUnsafeBufferPointer { bytes in
            var arguments = starts.map { start in bytes.baseAddress?.advanced(by: start) }
            return redisAppendCommandArgv(context, Int32(words.count), &arguments, lengths)
        }
        guard status == REDIS_OK else { throw problem }
    }

    /// Sends what was laid out.
    func send(by deadline: ContinuousClock.Instant) throws(RedisUnavailable) {
        var isDone: CInt = 0
        while isDone == 0 {
            guard ContinuousClock.now < deadline else { throw .late }
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw problem }
        }
    }

    /// The reply to the earliest command that has none yet. However slowly its bytes come, it takes no longer than until
    /// `deadline`.
    func reply(by deadline: ContinuousClock.Instant) throws(RedisUnavailable) -> Reply {
        var raw: UnsafeMutableRawPointer?
        while raw == nil {
            guard redisGetReplyFromReader(context, &raw) == REDIS_OK else { throw problem }
            if raw == nil { try receive(by: deadline) }
        }
        guard let raw else { throw problem }
        defer { freeReplyObject(raw) }
        let reply = raw.assumingMemoryBound(to: redisReply.self).pointee
        switch reply.type {
        case REDIS_REPLY_INTEGER: return .integer(Int(reply.integer))
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .text(Self.text(reply))
        case REDIS_REPLY_ERROR: return .error(Self.text(reply))
        default: return .other
        }
    }

    /// What has come, or what comes next. An interruption is an early end: whoever waits comes again.
    private func receive(by deadline: ContinuousClock.Instant) throws(RedisUnavailable) {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw .late }
        var readable = pollfd(fd: context.pointee.fd, events: Int16(POLLIN), revents: 0)
        // Rounded up to the next millisecond, poll(2)'s unit.
        guard poll(&readable, 1, Int32(left / .milliseconds(1)) + 1) > 0 else { return }
        guard redisBufferRead(context) == REDIS_OK else { throw problem }
    }

    private static func text(_ reply: redisReply) -> String {
        String(decoding: UnsafeRawBufferPointer(start: reply.str, count: reply.len), as: UTF8.self)
    }

    private var problem: RedisUnavailable {
        let isTimeout = context.pointee.err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)
        if isTimeout { return .late }
        let text = withUnsafeBytes(of: &context.pointee.errstr) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisUnavailable(reason: text.isEmpty ? "no answer" : text)
    }
}

extension timeval {
    fileprivate init(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
