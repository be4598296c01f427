// What the stub does besides answering: rules, tried in order, each saying for which calls it holds and what happens.

/// Rules and the seed of their chances. Without rules every call is answered at once and correctly.
package struct Script: Sendable, Equatable {
    package var seed: UInt64
    /// The first that holds for a call decides about it alone.
    package var rules: [Rule]
    /// Where the services listen unless the starter says otherwise; absent: 127.0.0.1, any free port.
    package var listen: [StubUpstreams.Service: StubUpstreams.Address]

    package init(
        seed: UInt64 = 1, listen: [StubUpstreams.Service: StubUpstreams.Address] = [:], rules: [Rule] = []
    ) {
        self.seed = seed
        self.listen = listen
        self.rules = rules
    }
}

/// For which calls something else happens than a right answer at once, and what.
package struct Rule: Sendable, Equatable {
    /// Which of the calls that a rule is about it holds for. Counted from 1, per rule, since the script was installed,
    /// over all calls that came as far as this rule with a fitting service, path, id and connection.
    package enum Calls: Sendable, Equatable {
        case all
        case nth(Int)
        /// The first so many.
        case first(Int)
        /// That one and all later ones.
        case from(Int)
        /// Each so manieth: with 5 the fifth, the tenth …
        case every(Int)

        func includes(_ ordinal: Int) -> Bool {
            switch self {
            case .all: true
            case .nth(let number): ordinal == number
            case .first(let count): ordinal <= count
            case .from(let number): ordinal >= number
            case .every(let step): step > 0 && ordinal.isMultiple(of: step)
            }
        }
    }

    /// Shown beside the calls the rule decided about.
    package var name: String?
    /// nil: both.
    package var service: StubUpstreams.Service?
    /// `*` any path; `/contacts/{id}` one with any second segment; a last `*` stands for one segment or more.
    package var path: String
    /// The record's id, decoded, compared without case; nil: any.
    package var id: String?
    package var calls: Calls
    /// Whether the call came over a connection that had carried one before; nil: either.
    package var reused: Bool?
    /// From 0 to 1. Drawn from the seed, the rule's place, the path, and which call of that path it is for the rule.
    package var probability: Double
    /// What happens. Of two actions that exclude each other the later one counts.
    package var actions: [Action]

    package init(
        service: StubUpstreams.Service? = nil, path: String = "*", id: String? = nil, calls: Calls = .all,
        reused: Bool? = nil, probability: Double = 1, name: String? = nil, _ actions: Action...
    ) {
        self.name = name
        self.service = service
        self.path = path
        self.id = id
        self.calls = calls
        self.reused = reused
        self.probability = probability
        self.actions = actions
    }
}
