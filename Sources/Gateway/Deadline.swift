// One clock for the whole answer.

internal import Pipeline

/// When an answer is due.
enum Deadline {
    /// What is kept of it for merging and writing: calls must have ended so long before the answer is due. Both take less
    /// than a millisecond; a loop with much to do may need some for its other requests.
    static let reserve = Duration.milliseconds(5)

    /// The route's deadline, shortened by `X-Request-Timeout-Ms` (contract, section 1), never lengthened.
    /// - Throws: `malformedRequest` if the field is not a whole number.
    static func of(_ request: Request, within most: Duration) throws(Failure) -> ContinuousClock.Instant {
        guard let wanted = try request.wantedTime else { return request.arrived + most }
        return request.arrived + min(most, wanted)
    }
}
