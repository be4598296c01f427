// How much a client may make the gateway do for nothing. Each kind of frame that costs its sender little has an
// allowance; who spends it is no client but an attack, and its connection ends.
//
// What is right to send more of, the more one gets, earns its allowance: a client that reads megabytes updates windows
// often, one that asks a thousand times a second updates and prioritises a thousand streams.

struct FloodRules {
    private var pings: Allowance
    private var settings: Allowance
    private var priorities: Allowance
    private var windowUpdates: Allowance
    private var thinData: Allowance
    private var unknown: Allowance
    /// Resets by the client ("rapid reset", CVE-2023-44487).
    private var clientResets: Allowance
    /// Resets by either side ("MadeYouReset", CVE-2025-8671: the client makes the server reset).
    private var allResets: Allowance
    /// Streams over the limit that a client opens before it can know the limit.
    private var earlyRefusals: Allowance
    /// Resets of ours for what a client does wrong: a few faults are life, hundreds on one connection are not.
    private var faults = 0
    private static let mostFaults = 200
    /// DATA of fewer bytes than this that does not end its stream costs more to read than to send.
    private static let thin = 16

    init(at now: ContinuousClock.Instant) {
        let usual = Allowance(burst: 1000, perSecond: 100, at: now)
        pings = usual
        settings = usual
        priorities = usual
        windowUpdates = usual
        thinData = usual
        unknown = usual
        earlyRefusals = usual
        clientResets = Allowance(burst: 200, perSecond: 33, at: now)
        allResets = Allowance(burst: 100, perSecond: 100, at: now)
    }

    /// Whether a frame is within what its kind may be.
    mutating func admits(_ frame: FrameHeader, at now: ContinuousClock.Instant) -> Bool {
        switch frame.kind {
        case .ping: pings.spend(at: now)
        case .settings: settings.spend(at: now)
        case .priority: priorities.spend(at: now)
        case .windowUpdate: windowUpdates.spend(at: now)
        case .data: !Self.isThin(frame) || thinData.spend(at: now)
        case .reset: clientResets.spend(at: now) && allResets.spend(at: now)
        case nil, .goAway: unknown.spend(at: now)
        // What belongs to a header list is bounded where it is decoded; a promise ends the connection anyway.
        case .headers, .continuation, .pushPromise: true
        }
    }

    /// A request came, with the window and the priority its stream may be given.
    mutating func countRequest() {
        windowUpdates.earn(2)
        priorities.earn(2)
        unknown.earn(2)
    }

    /// So many bytes of an answer went out.
    mutating func countSent(_ bytes: Int) {
        windowUpdates.earn(Double(bytes) / 1024)
    }

    /// We reset a stream. Returns whether that is within what may be.
    mutating func countReset(_ code: ErrorCode?, at now: ContinuousClock.Instant) -> Bool {
        switch code {
        // Counted where it is decided, since it may have been before the client knew the limit.
        case .refusedStream: return true
        // Not for a fault, but it is counted with all others.
        case .noError: break
        // An answer that was asked for and then not taken (`cancel`) is a fault as well.
        default: faults += 1
        }
        return allResets.spend(at: now) && faults <= Self.mostFaults
    }

    /// We refuse a stream because there are too many. Returns whether that is within what may be. A client that has not
    /// agreed to our settings may not have read the limit: it may open many at once (RFC 9113, section 6.5.2).
    mutating func countRefusal(isLimitKnown: Bool, at now: ContinuousClock.Instant) -> Bool {
        isLimitKnown ? allResets.spend(at: now) : earlyRefusals.spend(at: now)
    }

    /// A client was told that no further stream is taken, and opens one.
    mutating func countIgnored(at now: ContinuousClock.Instant) -> Bool { unknown.spend(at: now) }

    private static func isThin(_ frame: FrameHeader) -> Bool {
        guard !frame.has(FrameHeader.endStream) else { return false }
        // Up to 256 bytes may be padding.
        return frame.length < (frame.has(FrameHeader.padded) ? thin + 256 : thin)
    }
}
