// One clock for the whole answer.

internal import Pipeline

/// When an answer is due.
enum Deadline {
    /// A client that asks for less would only ever get a timeout.
    private static let shortest = Duration.milliseconds(50)

    /// What is kept of it for merging and writing: calls must have ended so long before the answer is due. Both take less
    /// than a millisecond; a loop with much to do may need some for its other requests.
    static let reserve = Duration.milliseconds(5)

    /// The route's deadline, shortened by `X-Request-Timeout-Ms` (contract, section 1), never lengthened.
    /// - Throws: `malformedRequest` if the field is not a whole number.
    static func of(_ request: Request, within most: Duration) throws(Failure) -> ContinuousClock.Instant {
        guard let text = request.timeout else { return request.arrived + most }
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let milliseconds = Int64(text)
        else {
            throw Failure(.malformedRequest, .downstream, "X-Request-Timeout-Ms must be a whole number of milliseconds")
        }
        return request.arrived + min(most, max(shortest, .milliseconds(milliseconds)))
    }
}
