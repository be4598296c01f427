// A merged body as a 200, or a 304 for who has it already.

internal import Crypto
internal import Pipeline

/// The response to a request that was answered.
enum Answer {
    private static let json = Response.Field("Content-Type", "application/json")
    private static let revalidate = Response.Field("Cache-Control", "private, no-cache")
    private static let doNotStore = Response.Field("Cache-Control", "no-store")

    /// What a run brought, for one of those who asked for it.
    /// - Parameter order: the parts' names as configured.
    static func response(_ answer: PlanAnswer, _ body: [UInt8], to request: Request, order: [String]) -> Response {
        let whole = answer.response ?? whole(body, parts: answer.parts, order: order)
        answer.response = whole
        return response(whole, to: request)
    }

    /// The 200 for whoever has nothing yet.
    /// - Parameters:
    ///   - parts: how they ended.
    ///   - order: the parts' names as configured.
    static func whole(_ body: [UInt8], parts: [RequestRecord.Part], order: [String]) -> Response {
        let tag = Response.Field("ETag", entityTag(body))
        if let lacking = lacking(parts, order) {
            // What is not whole is not to be kept, and not to be taken for what is.
            return Response(status: 200, fields: [json, tag, doNotStore, .vary, lacking], body: body)
        }
        return Response(status: 200, fields: [json, tag, revalidate, .vary], body: body)
    }

    /// The 200, or a 304 for who has it already.
    static func response(_ whole: Response, to request: Request) -> Response {
        guard let known = request.ifNoneMatch, whole["Gateway-Parts"] == nil, let tag = whole["ETag"],
            matches(known, tag)
        else { return whole }
        return Response(status: 304, fields: whole.fields.filter { $0 != json })
    }

    /// A strong validator (RFC 9110, section 8.8.3): the first half of the bytes' SHA-256, the same on every gateway.
    static func entityTag(_ body: [UInt8]) -> String {
        var digest: [UInt8] = []
        SHA256.hash(data: body).withUnsafeBytes { digest = Array($0.prefix(16)) }
        return "\"\(Hex.lower(digest))\""
    }

    /// Whether `If-None-Match` names the tag, by the weak comparison (RFC 9110, section 13.1.2).
    static func matches(_ field: String, _ tag: String) -> Bool {
        if field == tag || field == "*" { return true }
        return field.split(separator: ",").contains { candidate in
            let trimmed = candidate.drop { $0 == " " || $0 == "\t" }
            let strong = trimmed.hasPrefix("W/") ? trimmed.dropFirst(2) : trimmed
            return strong.prefix { $0 != " " && $0 != "\t" } == tag
        }
    }

    /// `Gateway-Parts` (RFC 8941 list), if a part is missing or stale.
    private static func lacking(_ parts: [RequestRecord.Part], _ order: [String]) -> Response.Field? {
        var words: [String: String] = [:]
        for part in parts {
            switch part.outcome {
            case .missing(let kind): words[part.name] = "missing=\(kind.missingReason)"
            case .stale(_, let age): words[part.name] = "stale=\(age.components.seconds)"
            case .fetched, .skipped, .gone, .failed, .cancelled: break
            }
        }
        guard !words.isEmpty else { return nil }
        let list = order.map { name in words[name].map { "\(name);\($0)" } ?? name }
        return Response.Field("Gateway-Parts", list.joined(separator: ", "))
    }
}

extension Response.Field {
    /// What every answer depends on, errors included.
    static let vary = Response.Field("Vary", "Authorization, Origin")
}

extension Failure.Kind {
    /// Why a part is missing, as one of a few words for a frontend to choose its sentence by.
    var missingReason: String {
        switch self {
        case .readTimeout, .connectionTimeout, .deadlineExceeded: "timeout"
        case .connectionRefused, .connectionTerminated, .dnsError, .tlsError, .replyIncomplete: "unreachable"
        case .throttled, .circuitOpen, .noPlace, .noEndpoint, .overloaded, .draining: "unavailable"
        case .replyMalformed, .replyTooLarge, .contractBroken, .wrongTenant: "invalid"
        case .recordNotFound: "gone"
        case .malformedRequest, .malformedParameter, .unauthenticated, .forbidden, .unknownRoute, .methodNotAllowed,
            .requestTimeout, .bodyTooLarge, .targetTooLong, .expectationFailed, .rateLimited, .headersTooLarge,
            .notImplemented, .versionNotSupported, .clientGone, .serverError, .unexpectedStatus, .cancelled,
            .internalError:
            "error"
        }
    }
}
