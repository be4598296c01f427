// What the edge can find wrong with a request, in the gateway's one error type, and what the decoder's complaints mean.

internal import NIOHTTP1
internal import Pipeline

extension Failure {
    /// A request that breaks RFC 9110 or 9112: 400.
    static func malformed(_ reason: String) -> Failure {
        Failure(.malformedRequest, .downstream, reason)
    }

    /// A request that is more than the edge takes.
    static func tooMuch(_ kind: Kind, _ what: StaticString, limit: Int, _ unit: StaticString = "bytes") -> Failure {
        Failure(kind, .downstream, "\(what) exceeds \(limit) \(unit)")
    }

    /// What the decoder's refusal of a head means. `line` is the request line, where it has that form: it tells an
    /// unknown method, which the decoder reports in two ways, from a malformed one.
    static func undecodable(_ error: any Error, line: RequestLine?) -> Failure {
        switch error as? HTTPParserError {
        case .headerOverflow:
            return Failure(.headersTooLarge, .downstream, "the fields exceed what the decoder takes")
        case .invalidMethod where line != nil, .invalidConstant where line != nil:
            return Failure(.methodNotAllowed, .downstream, "the method is not known")
        case .invalidChunkSize:
            return malformed("a chunk's size is malformed")
        case .invalidHeaderToken:
            return malformed("a field is malformed")
        case .invalidContentLength, .unexpectedContentLength:
            return malformed("the length of the body is not clear")
        case .invalidURL:
            return malformed("the target is malformed")
        default:
            return malformed("the request cannot be decoded")
        }
    }
}
