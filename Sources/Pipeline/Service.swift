// The shape of everything a request passes: a service answers, a layer stands before one.

/// An async function from a question to its answer that fails in one way.
///
/// Downstream it is from `Request` to `Response`, upstream from `Call` to `Reply`.
package protocol Service<Question, Answer>: Sendable {
    associatedtype Question
    associatedtype Answer

    /// Answers, or says why not.
    func answer(_ question: Question) async throws(Failure) -> Answer
}

/// Something a question passes on its way to a service, and its answer on the way back.
package protocol Layer<Question, Answer>: Sendable {
    associatedtype Question
    associatedtype Answer

    /// Answers by asking `next`: never, once or several times.
    func answer(_ question: Question, next: any Service<Question, Answer>) async throws(Failure) -> Answer
}
