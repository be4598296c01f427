// Layers in the order a question meets them. A stack is written in one place and reads from top to bottom.

/// Layers over a service that is still to be named.
///
///     Stack<Call, Reply>()
///         .through(Retries(…))   // met first
///         .through(Circuit(…))
///         .to(wire)
package struct Stack<Question, Answer>: Sendable {
    private var layers: [any Layer<Question, Answer>] = []

    package init() {}

    /// Puts `layer` below all layers named so far.
    package func through(_ layer: some Layer<Question, Answer>) -> Self {
        var longer = self
        longer.layers.append(layer)
        return longer
    }

    /// The same, if there is such a layer: what is not configured costs nothing.
    package func through<Maybe: Layer<Question, Answer>>(_ layer: Maybe?) -> Self {
        guard let layer else { return self }
        return through(layer)
    }

    /// The whole stack as one service, with `service` at its foot.
    package func to(_ service: any Service<Question, Answer>) -> any Service<Question, Answer> {
        layers.reversed().reduce(service) { next, layer in Layered(layer: layer, next: next) }
    }
}

/// One layer and what is below it.
private final class Layered<Question, Answer>: Service {
    private let layer: any Layer<Question, Answer>
    private let next: any Service<Question, Answer>

    init(layer: any Layer<Question, Answer>, next: any Service<Question, Answer>) {
        self.layer = layer
        self.next = next
    }

    func answer(_ question: Question) async throws(Failure) -> Answer {
        try await layer.answer(question, next: next)
    }
}
