// What the rounds of the isolation bench came to, for the tests that judge it.

/// What came of all rounds.
struct IsolationOutcome: Sendable {
    var statuses: [Int: Int] = [:]
    /// Answers of which a part was an earlier reply.
    var stale = 0
    /// Answers that held what their asker may not see.
    var leaks: [String] = []
    /// Answers that were others than they would have been alone.
    var mistakes: [String] = []
    /// Answers that were made for another request, too.
    var shared = 0
    /// Of these such as were made in an earlier round.
    var reused = 0
}
