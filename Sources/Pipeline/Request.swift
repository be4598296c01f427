// What a client asks, as the edge hands it over and as layers complete it.

/// One request of a client.
///
/// The edge fills in what it read; only the fields that the contract gives a meaning are kept, so nothing a client sends
/// can reach an upstream by accident.
package struct Request: Sendable {
    package enum Method: Sendable, Equatable {
        case get
        case head
        case options
        /// A well-formed token that is none of the above.
        case other(String)

        /// The method as it is written on the wire.
        package var name: String {
            switch self {
            case .get: "GET"
            case .head: "HEAD"
            case .options: "OPTIONS"
            case .other(let name): name
            }
        }
    }

    /// The protocol a request came by, as the access log names it.
    package enum Transport: String, Sendable {
        case http1 = "HTTP/1.1"
        case http1_0 = "HTTP/1.0"
        case http2 = "HTTP/2"
    }

    /// What protects the connection to the client, or to the proxy before us.
    package enum Scheme: String, Sendable {
        case http
        case https
    }

    package var method: Method
    /// The target's path, byte for byte as sent, without the query; empty where the request could not be read that far.
    package var path: String
    package var transport = Transport.http1
    package var scheme = Scheme.http
    /// The client's address as text, without port: the connection's peer, or whom trusted proxies name.
    package var client: String
    /// Address and scheme as upstreams are told, the value of `Forwarded` (RFC 7239); empty where nobody is to be told.
    package var forwarded = ""
    /// `X-Request-Id`: the client's, if well-formed (1–128 of `A-Z a-z 0-9 . _ -`), else a new one.
    package var id: String
    /// When its first byte was read.
    package var arrived: ContinuousClock.Instant
    /// When it was complete.
    package var completed: ContinuousClock.Instant

    /// Field values as sent; nil where a field is absent.
    package var authorization: String?
    package var ifNoneMatch: String?
    package var accept: String?
    package var origin: String?
    /// Whether it names a method that is to follow: with `OPTIONS` and `Origin` a browser's question before its request.
    package var announcesMethod = false
    package var traceparent: String?
    package var tracestate: String?
    /// `X-Request-Timeout-Ms`.
    package var timeout: String?

    /// What the edge found wrong. Such a request has no meaning; it passes the stack to be answered, counted and logged
    /// like any other.
    package var refused: Failure?

    /// What becomes known on the way and is wanted at the end, for the access log and `Server-Timing`.
    package var record: Confined<RequestRecord>?
    /// Who asks. Set by authentication.
    package var principal: Principal?
    /// When the answer is due. Set by the deadline layer.
    package var deadline: ContinuousClock.Instant?

    /// How long the client wants to wait for the whole answer, at least 50 ms: less would only ever be a timeout. Nil: it did
    /// not say.
    /// - Throws: `malformedRequest` if `X-Request-Timeout-Ms` is not a whole number.
    package var wantedTime: Duration? {
        get throws(Failure) {
            guard let timeout else { return nil }
            guard (1...18).contains(timeout.utf8.count), timeout.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let milliseconds = Int64(timeout)
            else {
                throw Failure(
                    .malformedRequest, .downstream, "X-Request-Timeout-Ms must be a whole number of milliseconds")
            }
            return max(.milliseconds(50), .milliseconds(milliseconds))
        }
    }

    /// Whether a browser asks what a page of another origin may do (Fetch, section 3.3.2 "HTTP requests").
    package var isPreflight: Bool { announcesMethod && method == .options && origin != nil }

    package init(
        method: Method, path: String, client: String, id: String, arrived: ContinuousClock.Instant,
        completed: ContinuousClock.Instant
    ) {
        self.method = method
        self.path = path
        self.client = client
        self.id = id
        self.arrived = arrived
        self.completed = completed
    }
}
