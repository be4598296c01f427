// One transfer: an easy handle with everything that is set once, and what changes from call to call.

internal import CCurl
internal import Glibc
internal import Pipeline

/// How a transfer ended.
enum TransferEnd {
    /// libcurl's verdict.
    case finished(CURLcode)
    /// No connection within the upstream's connect timeout.
    case connectTimedOut
    /// No complete reply within the attempt's time.
    case timedOut
    /// Nobody wants the reply any more.
    case cancelled
    /// The same call was answered elsewhere.
    case beaten

    var isBeaten: Bool { if case .beaten = self { true } else { false } }
}

/// One transfer at a time on one easy handle, kept for the next call to the same endpoint.
///
/// While a transfer runs, libcurl holds a pointer to this object; the loop's table of running transfers keeps it alive.
final class Transfer {
    /// Header bytes of one reply, and informational replies before it, that are taken at most.
    private static let mostHeaderBytes = 64 * 1024
    private static let mostReplies = 11

    /// Why libcurl was told to stop receiving.
    enum Refusal {
        case bodyTooLarge, headersTooLarge
        /// libcurl was about to send the call a second time.
        case repetition
    }

    /// How far an exchange came.
    enum Progress {
        /// There was no connection yet, or its handshake was not over.
        case unsent
        case sent
        /// A status line has come.
        case answering
    }

    let easy = EasyHandle()
    /// Its parsed URL must live as long as the easy handle.
    private let destination: Endpoint
    private let place: Int
    let head: CallHead
    private let settings: TransferSettings
    private let connections: EndpointConnections
    private(set) var body = ReplyBody(capacity: 1)
    private(set) var refusal: Refusal?
    private var wish: RetryAfter?
    /// When the upstream wishes to be asked again; nil: it did not say. To be asked when the reply is complete.
    var retryAfter: Duration? { wish?.wait(sent: easy.date, now: time(nil)) }
    /// Whether the reply's header names a content coding. None is asked for, so it is wrong even if the body is readable.
    private(set) var isEncoded = false
    /// Bytes were seen behind the reply's body.
    private var sawExcess = false
    /// libcurl closed the connection at the reply's end.
    private var isClosed = false
    /// Whether more came than the reply, as far as can be told (see Decisions, "Bytes behind a body").
    var hasExcess: Bool { sawExcess || (isClosed && easy.promisedToStay) }
    /// Whether it should not serve another call: libcurl counts over a handle's whole life how often it was about to send a
    /// call again, and gives up after five.
    private(set) var isWorn = false
    /// Whether it has a connection, and libcurl has begun to send.
    private var isSent = false
    private var headerBytes = 0
    private var replies = 0
    /// Whether a connection was opened for it.
    private var hasOpened = false
    /// Whether the connection that it was sent on ended, and libcurl was about to open another.
    private var hasLostConnection = false
    /// Whether libcurl opens a connection for it in any case.
    private var isAfresh = false

    /// Where its connection was tried so far, if its endpoint is a name; nil: nowhere.
    private var way: NamedHost.Way?
    private var usesCachedAddresses = true

    /// Set while it runs.
    var completion: ((TransferEnd) -> Void)?
    var alarm: AlarmID?
    /// When the reply must be complete.
    var due: ContinuousClock.Instant = .now
    private unowned let loop: FanOutLoop
    // Held: through the loop, each line of a reply's header would look whether the loop is still there.
    private let multi: MultiHandle

    /// - Parameter place: the endpoint's in the configuration.
    init(
        to endpoint: Endpoint, at place: Int, _ settings: TransferSettings, head: CallHead,
        connections: EndpointConnections, on loop: FanOutLoop
    ) {
        self.place = place
        self.connections = connections
        destination = endpoint
        self.settings = settings
        self.head = head
        self.loop = loop
        multi = loop.multi
        endpoint.configure(easy)
        settings.configure(easy)
        head.prepare(easy)
        let context = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        easy.set(CURLOPT_PRIVATE, context)
        easy.set(CURLOPT_WRITEFUNCTION, receiveBody)
        easy.set(CURLOPT_WRITEDATA, context)
        easy.set(CURLOPT_HEADERFUNCTION, receiveHeader)
        easy.set(CURLOPT_HEADERDATA, context)
        easy.set(CURLOPT_PREREQDATA, context)
        curl_set_before_request_function(easy.raw, beforeRequest)
        if endpoint.host != nil {
            easy.set(CURLOPT_OPENSOCKETDATA, context)
            curl_set_open_socket_function(easy.raw, opensSocket)
        }
        multi.adopt(easy, openedConnection: connectionOpens, of: Unmanaged.passUnretained(self).toOpaque())
    }

    /// Makes it ready for a call whose head was written.
    /// - Parameter afresh: whether it must not go on a kept connection.
    func prepare(afresh: Bool = false) throws(Failure) {
        // Over HTTP/2 a connection that ended is not kept, and one is enough for all calls that it failed.
        if settings.isQuietWhenIdle, afresh != isAfresh {
            easy.set(CURLOPT_FRESH_CONNECT, afresh ? 1 : 0)
            isAfresh = afresh
        }
        hasLostConnection = false
        way = nil
        if let host = destination.host, host.isKnown(at: loop.now) != usesCachedAddresses {
            usesCachedAddresses.toggle()
            settings.use(cachedAddresses: usesCachedAddresses, easy)
        }
        body = ReplyBody()
        refusal = nil
        wish = nil
        isSent = false
        hasOpened = false
        headerBytes = 0
        replies = 0
        isEncoded = false
        sawExcess = false
        isClosed = false
        try head.hand(to: easy)
    }

    /// Makes it a POST of `body`, of which libcurl keeps a copy.
    func carry(_ body: [UInt8]) {
        // In this order: else libcurl would look for the body's end.
        easy.set(CURLOPT_POSTFIELDSIZE, body.count)
        body.withUnsafeBytes { easy.set(CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
    }

    /// Tells whoever began it. The transfer may be begun anew while this runs.
    func end(_ end: TransferEnd) {
        let completion = completion
        self.completion = nil
        completion?(end)
    }

    /// The connection was closed by libcurl within the event that told of the reply's end.
    func connectionCloses() { isClosed = true }

    /// Bytes that nobody asked for were left on the connection at the reply's end.
    func leftExcess() { sawExcess = true }

    func receive(body bytes: UnsafeRawBufferPointer) -> Int {
        multi.receives(self)
        guard body.count + bytes.count <= settings.maxBody else {
            refusal = .bodyTooLarge
            return 0
        }
        body.append(bytes)
        return bytes.count
    }

    func receive(header line: UnsafeRawBufferPointer) -> Int {
        headerBytes += line.count
        multi.receives(self)
        // "HTTP/": no field's name holds a slash.
        if line.count > 4, line[0] == UInt8(ascii: "H"), line[4] == UInt8(ascii: "/") { replies += 1 }
        guard headerBytes <= Self.mostHeaderBytes, replies <= Self.mostReplies else {
            refusal = .headersTooLarge
            return 0
        }
        if line.count > 12, line[0] | 0x20 == UInt8(ascii: "r") { wish = RetryAfter.read(line) ?? wish }
        if line.count > 17, line[8] | 0x20 == UInt8(ascii: "e"), ContentCoding.isNamed(in: line) { isEncoded = true }
        return line.count
    }

    /// Where the time of the exchange that has ended went.
    var wire: RequestRecord.Attempt.Wire {
        var wire = RequestRecord.Attempt.Wire()
        // libcurl's numbers would be those of the handle's exchange before.
        guard hasOpened || isSent else { return wire }
        if hasOpened {
            wire.isNewConnection = true
            wire.resolved = easy.time(CURLINFO_NAMELOOKUP_TIME_T)
            wire.connected = easy.time(CURLINFO_CONNECT_TIME_T)
            wire.secured = easy.time(CURLINFO_APPCONNECT_TIME_T)
        }
        wire.ready = easy.time(CURLINFO_PRETRANSFER_TIME_T)
        wire.firstByte = easy.time(CURLINFO_STARTTRANSFER_TIME_T)
        wire.localPort = easy.localPort
        wire.bytes = UInt32(clamping: body.count)
        return wire
    }

    /// Whether its connection, if that ended before a reply, was a kept one. Over HTTP/2 a stream may end so for other reasons.
    var wasOnKeptConnection: Bool { refusal == .repetition || wasSentOnKept }

    /// Whether a kept connection failed it that had ended: not so where a stream was refused, which its server means.
    var wasOnDeadConnection: Bool { hasLostConnection || wasSentOnKept }

    private var wasSentOnKept: Bool { settings.isQuietWhenIdle && isSent && !hasOpened }

    var progress: Progress { easy.status != 0 ? .answering : isSent ? .sent : .unsent }

    /// A connection is ready, new or kept, and the call is about to be sent on it. False: it must not be.
    ///
    /// libcurl sends a call again by itself when a kept connection turns out to be closed, or a stream is refused. That is for
    /// the layer above to decide, which counts.
    func mayBeSent() -> Bool {
        guard !isSent else { return refuseRepetition() }
        isSent = true
        way?.arrived()
        return true
    }

    /// libcurl opens a connection to that address: it may be led to another one of the same name.
    func lead(_ address: UnsafeMutablePointer<curl_sockaddr>) {
        guard let host = destination.host else { return }
        var way = self.way ?? NamedHost.Way(to: host, on: loop)
        way.lead(address)
        self.way = way
    }

    /// A connection is being opened. False: it must not be.
    func opened(_ descriptor: Int32) -> Bool {
        guard !isSent else {
            hasLostConnection = !hasOpened
            return refuseRepetition()
        }
        hasOpened = true
        multi.opened(descriptor, isQuietWhenIdle: settings.isQuietWhenIdle, in: connections)
        return true
    }

    private func refuseRepetition() -> Bool {
        isWorn = true
        refusal = .repetition
        return false
    }
}

extension Transfer: RunningCall {
    var endpoint: Int? { place }

    func cancel() { loop.abort(self, .cancelled) }

    func giveWay() { loop.abort(self, .beaten) }
}

extension Transfer: Sleeper {
    /// The time to connect is over, or all of it: the connection stands, or the transfer ends.
    func wake() {
        alarm = nil
        if loop.now < due, isSent {
            alarm = loop.setAlarm(at: due, for: self)
        } else {
            if loop.now < due { way?.endedInVain() }
            loop.abort(self, isSent ? .timedOut : .connectTimedOut)
        }
    }
}
