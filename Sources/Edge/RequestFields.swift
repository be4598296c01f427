// The fields of a request that mean something to the gateway, picked out in one pass; all others are left behind.

internal import Glibc
internal import NIOHTTP1
internal import Pipeline

/// Values as sent, without white space around them.
struct RequestFields {
    var host: String?
    var contentLength: [String] = []
    var transferEncoding: [String] = []
    var expect: String?
    /// What the client wants of the connection (RFC 9110, section 7.6.1).
    var connection: String?
    /// Whether another protocol is offered, which the decoder takes for the end of HTTP.
    var offersUpgrade = false
    var authorization: String?
    var ifNoneMatch: String?
    var accept: String?
    var origin: String?
    /// `Access-Control-Request-Method` is there; its value means nothing here.
    var announcesMethod = false
    var traceparent: String? { isTraceVoid ? nil : sentTrace }
    var tracestate: String?
    var requestID: String?
    var timeout: String?
    /// What proxies say of the sender; empty unless that counts.
    private(set) var forwarding = ForwardingFields()
    private let believesProxies: Bool
    /// `traceparent` came more than once, which makes it void (Trace Context, section 3.2).
    private var isTraceVoid = false
    private var sentTrace: String?

    /// - Parameter believesProxies: whether what is said of the sender counts; if not, it is left behind.
    init(believesProxies: Bool = false) {
        self.believesProxies = believesProxies
    }

    init(_ headers: HTTPHeaders, believesProxies: Bool = false) throws(Failure) {
        self.init(believesProxies: believesProxies)
        for (name, value) in headers {
            if let meaning = Meaning(name) { try take(meaning, value) }
        }
    }

    /// Takes one field. Its value may have white space around it.
    mutating func take(_ meaning: Meaning, _ value: String) throws(Failure) {
        switch meaning {
        case .host:
            guard host == nil else { throw .malformed("there are several Host fields") }
            host = value.trimmed
        case .origin: Self.add(value, to: &origin)
        case .expect: Self.add(value, to: &expect)
        case .upgrade: offersUpgrade = true
        case .connection: Self.add(value, to: &connection)
        case .tracestate: Self.add(value, to: &tracestate)
        case .traceparent:
            isTraceVoid = isTraceVoid || sentTrace != nil
            sentTrace = value.trimmed
        case .requestID: Self.add(value, to: &requestID)
        case .authorization:
            guard authorization == nil else { throw .malformed("there are several Authorization fields") }
            authorization = value.trimmed
        case .accept: Self.add(value, to: &accept)
        case .ifNoneMatch: Self.add(value, to: &ifNoneMatch)
        case .contentLength: contentLength.append(value.trimmed)
        case .transferEncoding: transferEncoding.append(value.trimmed)
        case .timeout: Self.add(value, to: &timeout)
        case .announcedMethod: announcesMethod = true
        case .forwarded, .forwardedFor, .forwardedProto, .forwardedHost:
            if believesProxies { forwarding.take(meaning, value) }
        }
    }

    /// Several fields of a name are one with a list (RFC 9110, section 5.3). Where no list is allowed, the comma makes
    /// the value malformed for whoever reads it.
    static func add(_ value: String, to field: inout String?) {
        guard let earlier = field else {
            field = value.trimmed
            return
        }
        field = earlier + ", " + value.trimmed
    }
}

extension RequestFields {
    /// The names that mean something.
    enum Meaning {
        case host, origin, expect, upgrade, connection, tracestate, traceparent, requestID, authorization, ifNoneMatch,
            accept
        case contentLength, transferEncoding, timeout, announcedMethod
        case forwarded, forwardedFor, forwardedProto, forwardedHost

        /// By a name in any case (HTTP/1.1). Nil: the field has no meaning here.
        init?(_ name: String) {
            self.init(length: name.utf8.count) { name.matches($0) }
        }

        /// By a name in lower case (HTTP/2).
        init?(_ name: UnsafeBufferPointer<UInt8>) {
            guard let start = name.baseAddress else { return nil }
            self.init(length: name.count) { memcmp($0.utf8Start, start, name.count) == 0 }
        }

        @inline(__always)
        private init?(length: Int, matches: (StaticString) -> Bool) {
            switch length {
            case 4 where matches("host"): self = .host
            case 6 where matches("origin"): self = .origin
            case 6 where matches("accept"): self = .accept
            case 6 where matches("expect"): self = .expect
            case 7 where matches("upgrade"): self = .upgrade
            case 9 where matches("forwarded"): self = .forwarded
            case 10 where matches("connection"): self = .connection
            case 10 where matches("tracestate"): self = .tracestate
            case 11 where matches("traceparent"): self = .traceparent
            case 12 where matches("x-request-id"): self = .requestID
            case 13 where matches("authorization"): self = .authorization
            case 13 where matches("if-none-match"): self = .ifNoneMatch
            case 14 where matches("content-length"): self = .contentLength
            case 15 where matches("x-forwarded-for"): self = .forwardedFor
            case 16 where matches("x-forwarded-host"): self = .forwardedHost
            case 17 where matches("transfer-encoding"): self = .transferEncoding
            case 17 where matches("x-forwarded-proto"): self = .forwardedProto
            case 20 where matches("x-request-timeout-ms"): self = .timeout
            case 29 where matches("access-control-request-method"): self = .announcedMethod
            default: return nil
            }
        }
    }
}
