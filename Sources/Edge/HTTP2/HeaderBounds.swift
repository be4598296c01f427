// How large a request's fields may be, counted while they are decoded: a few compressed bytes can stand for a lot.

internal import Configuration
internal import Pipeline

/// Counts fields of a header section and of the trailers behind it, as RFC 9113 section 6.5.2 does: each with 32 bytes more.
struct HeaderBounds {
    enum Finding: Equatable {
        case within
        /// The request is refused; what still comes is decoded, since the compression needs it, and dropped.
        case over
        /// So far over that it is no mistake: the connection ends.
        case absurd
    }

    /// Who sends this many times the limit knows that it is one.
    private static let absurdity = 4

    private let mostBytes: Int
    private let mostFields: Int
    private var bytes = 0
    private var fields = 0

    init(_ limits: LimitSettings) {
        mostBytes = limits.headers
        mostFields = limits.headerCount
    }

    mutating func count(name: Int, value: Int, isPseudo: Bool) -> Finding {
        bytes += name + value + 32
        if !isPseudo { fields += 1 }
        if bytes <= mostBytes, fields <= mostFields { return .within }
        return bytes > mostBytes * Self.absurdity || fields > mostFields * Self.absurdity ? .absurd : .over
    }

    /// What to say of a request that is over.
    var failure: Failure {
        bytes > mostBytes
            ? .tooMuch(.headersTooLarge, "the fields together", limit: mostBytes)
            : .tooMuch(.headersTooLarge, "the number of fields", limit: mostFields, "fields")
    }
}
