// Which rule decides about a call. Holds the only memory that rules have: how many calls each has seen.

import Synchronization

/// A script at work: its rules and their counts. Used from the loop, replaced from anywhere.
final class RuleBook: Sendable {
    /// What a rule says about one call, and the call's chances.
    struct Decision: Sendable {
        let rule: String
        let behaviour: Behaviour
        var chance: Chance
    }

    private struct Entry: Sendable {
        let rule: Rule
        let pattern: PathPattern
        let id: String?
        let label: String
        let behaviour: Behaviour
        let isAboutConnections: Bool

        init(_ rule: Rule, at place: Int) {
            self.rule = rule
            pattern = PathPattern(rule.path)
            id = rule.id?.lowercased()
            label = rule.name ?? "rule \(place + 1)"
            behaviour = Behaviour(rule.actions)
            isAboutConnections = rule.actions.contains(.resetAtAccept)
        }

        func isAbout(_ service: StubUpstreams.Service) -> Bool {
            rule.service == nil || rule.service == service
        }

        func isAbout(_ target: Target, reused: Bool) -> Bool {
            (rule.reused == nil || rule.reused == reused)
                && (id == nil || id == target.id) && pattern.matches(target)
        }
    }

    /// How many calls a rule was about.
    private struct Count: Sendable {
        /// Paths counted one by one; more than that share a count, so that memory stays bounded.
        private static let paths = 10_000

        private(set) var calls = 0
        private var callsByPath: [String: Int] = [:]

        /// Counts a call, and tells which one of its path it is, from 1.
        mutating func add(_ path: String) -> Int {
            calls += 1
            let key = callsByPath.count < Self.paths || callsByPath[path] != nil ? path : ""
            callsByPath[key, default: 0] += 1
            return callsByPath[key] ?? 1
        }
    }

    private struct State: Sendable {
        var seed: UInt64
        var entries: [Entry]
        /// Beside the entries, one each: reading an entry must not make its counts' storage shared.
        var counts: [Count]

        init(_ script: Script) {
            seed = script.seed
            entries = script.rules.enumerated().map { Entry($0.element, at: $0.offset) }
            counts = entries.map { _ in Count() }
        }

        /// Counts a call for a rule that is about it, and tells its chances if the rule holds for it.
        mutating func hold(_ index: Int, for subject: String) -> Chance? {
            let ordinal = counts[index].add(subject)
            let rule = entries[index].rule
            guard rule.calls.includes(counts[index].calls) else { return nil }
            var chance = Chance(seed: seed, rule: index, subject: subject, ordinal: ordinal)
            return chance.happens(rule.probability) ? chance : nil
        }
    }

    private let state: Mutex<State>

    init(_ script: Script) {
        state = Mutex(State(script))
    }

    func replace(_ script: Script) {
        state.withLock { $0 = State(script) }
    }

    /// What the first rule says that holds for this call; nil: nothing is different.
    func decide(_ service: StubUpstreams.Service, _ target: Target, reused: Bool) -> Decision? {
        state.withLock { state in
            for index in state.entries.indices {
                let entry = state.entries[index]
                guard !entry.isAboutConnections, entry.isAbout(service), entry.isAbout(target, reused: reused),
                    let chance = state.hold(index, for: service.rawValue + target.path)
                else { continue }
                return Decision(rule: entry.label, behaviour: entry.behaviour, chance: chance)
            }
            return nil
        }
    }

    /// Whether a connection that was just accepted is to be reset.
    func resetsConnection(of service: StubUpstreams.Service) -> Bool {
        state.withLock { state in
            state.entries.indices.contains { index in
                state.entries[index].isAboutConnections && state.entries[index].isAbout(service)
                    && state.hold(index, for: service.rawValue) != nil
            }
        }
    }
}
