// The fields of a request that mean something to the gateway, picked out in one pass; all others are left behind.

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
    var origin: String?
    /// `Access-Control-Request-Method` is there; its value means nothing here.
    var announcesMethod = false
    var traceparent: String?
    var tracestate: String?
    var requestID: String?
    var timeout: String?
    /// What proxies say of the sender; empty unless that counts.
    private(set) var forwarding = ForwardingFields()
    private let believesProxies: Bool
    /// `traceparent` came more than once, which makes it void (Trace Context, section 3.2).
    private var isTraceVoid = false

    /// - Parameter believesProxies: whether what is said of the sender counts; if not, it is left behind.
    init(_ headers: HTTPHeaders, believesProxies: Bool = false) throws(Failure) {
        self.believesProxies = believesProxies
        for (name, value) in headers { try take(name, value) }
        if isTraceVoid { traceparent = nil }
    }

    private mutating func take(_ name: String, _ value: String) throws(Failure) {
        switch name.utf8.count {
        case 4 where name.matches("host"):
            guard host == nil else { throw .malformed("there are several Host fields") }
            host = value.trimmed
        case 6 where name.matches("origin"):
            Self.add(value, to: &origin)
        case 6 where name.matches("expect"):
            Self.add(value, to: &expect)
        case 7 where name.matches("upgrade"):
            offersUpgrade = true
        case 9 where believesProxies && name.matches("forwarded"):
            Self.add(value, to: &forwarding.forwarded)
        case 10 where name.matches("connection"):
            Self.add(value, to: &connection)
        case 10 where name.matches("tracestate"):
            Self.add(value, to: &tracestate)
        case 11 where name.matches("traceparent"):
            isTraceVoid = traceparent != nil
            traceparent = value.trimmed
        case 12 where name.matches("x-request-id"):
            Self.add(value, to: &requestID)
        case 13 where name.matches("authorization"):
            guard authorization == nil else { throw .malformed("there are several Authorization fields") }
            authorization = value.trimmed
        case 13 where name.matches("if-none-match"):
            Self.add(value, to: &ifNoneMatch)
        case 14 where name.matches("content-length"):
            contentLength.append(value.trimmed)
        case 15 where believesProxies && name.matches("x-forwarded-for"):
            Self.add(value, to: &forwarding.forwardedFor)
        case 17 where name.matches("transfer-encoding"):
            transferEncoding.append(value.trimmed)
        case 17 where believesProxies && name.matches("x-forwarded-proto"):
            Self.add(value, to: &forwarding.forwardedProto)
        case 20 where name.matches("x-request-timeout-ms"):
            Self.add(value, to: &timeout)
        case 29 where name.matches("access-control-request-method"):
            announcesMethod = true
        default:
            break
        }
    }

    /// Several fields of a name are one with a list (RFC 9110, section 5.3). Where no list is allowed, the comma makes
    /// the value malformed for whoever reads it.
    private static func add(_ value: String, to field: inout String?) {
        guard let earlier = field else {
            field = value.trimmed
            return
        }
        field = earlier + ", " + value.trimmed
    }
}
