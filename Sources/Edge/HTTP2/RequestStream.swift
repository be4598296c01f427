// One stream of an HTTP/2 connection: a request that comes in, then its answer that goes out.

internal import Configuration
internal import Pipeline

/// Used on its loop only. Lives from the first bytes of its header to its end in libnghttp2.
final class RequestStream {
    enum Phase {
        /// Its header section is being read. Becomes body, or handedOver.
        case head
        /// Its body and trailers are read and thrown away. Becomes handedOver.
        case body
        /// The request is with the gateway. Becomes answering.
        case handedOver
        /// The answer is on its way. Becomes answered if the client has more to send, otherwise that was the stream.
        case answering(Progress)
        /// The answer has left. What still comes is dropped, until the client has ended the stream or the time is over.
        case answered(until: ContinuousClock.Instant)
        /// It was reset for taking too long. It is there until the reset has left, which a client that reads nothing can put
        /// off; nothing of it is due any more.
        case cut
    }

    let id: Int32
    let arrived: ContinuousClock.Instant
    /// When the request is to be complete.
    let due: ContinuousClock.Instant
    var phase = Phase.head
    /// Whether its request was complete.
    var hasAsked: Bool {
        switch phase {
        case .head, .body: false
        case .handedOver, .answering, .answered, .cut: true
        }
    }
    /// Whether the client will send nothing more.
    var isComplete = false

    var bounds: HeaderBounds
    var pseudo = PseudoFields()
    var fields: RequestFields
    /// What was found wrong first.
    var refusal: Failure?
    var request: Request?
    var bodySize = 0

    /// The gateway's side of the request in progress.
    var exchange: (any Exchange)?
    var body: [UInt8] = []
    var sent = 0

    /// Whether its request is in progress, the answer not written to the last byte.
    var isUnanswered: Bool {
        switch phase {
        case .handedOver, .answering: true
        case .head, .body, .answered, .cut: false
        }
    }

    /// - Parameter believesProxies: whether what it says of its sender counts.
    init(_ id: Int32, settings: EdgeSettings, believesProxies: Bool, at now: ContinuousClock.Instant) {
        fields = RequestFields(believesProxies: believesProxies)
        self.id = id
        arrived = now
        due = now.advanced(by: settings.timeouts.headers)
        bounds = HeaderBounds(settings.limits)
    }
}

/// The fields that stand for a request line (RFC 9113, section 8.3.1).
struct PseudoFields {
    var method = ""
    var path = ""
    var authority: String?
}
