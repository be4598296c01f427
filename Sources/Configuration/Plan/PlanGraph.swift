// Which part of a route waits for which, and how long that can take: what follows from the references in the paths.

/// A route's calls in their order.
package struct PlanGraph: Sendable, Equatable {
    package struct Part: Sendable, Equatable {
        package let name: String
        package let upstream: String
        /// The parts whose replies it needs, in the order in which its path names them, each once.
        package let waitsFor: [String]
        /// 0: it starts at once. Else one more than the highest level it waits for.
        package let level: Int
        /// One attempt's time, connecting included.
        package let attempt: Duration
        /// Until its end, if every attempt before and its own take all their time.
        package let latestEnd: Duration
    }

    /// In the order in which they are declared.
    package let parts: [Part]
    /// The names of the parts that take longest one after the other. Of equal chains the first declared.
    package let criticalPath: [String]

    /// What the critical path takes: the sum of its attempts' times.
    package var criticalTime: Duration {
        parts.map(\.latestEnd).max() ?? .zero
    }

    /// The names of the parts that start together, level by level.
    package var levels: [[String]] {
        (0...(parts.map(\.level).max() ?? 0)).map { level in parts.filter { $0.level == level }.map(\.name) }
    }

    /// The calls of a route's parts. References to parts that are not among them are not waited for.
    ///
    /// Nil: a part's upstream does not exist, or parts wait for each other in a circle. Neither occurs in settings that
    /// were loaded.
    package init?(_ declared: [PartSettings], upstreams: [UpstreamSettings]) {
        let names = Set(declared.map(\.name))
        var done: [String: Part] = [:]
        var waiting = declared
        while !waiting.isEmpty {
            let ready = waiting.filter { part in
                part.dependencies.allSatisfy { done[$0] != nil || !names.contains($0) }
            }
            if ready.isEmpty { return nil }
            for part in ready {
                guard let upstream = upstreams.first(where: { $0.name == part.upstream }) else { return nil }
                let before = part.dependencies.compactMap { done[$0] }
                done[part.name] = Part(
                    name: part.name, upstream: part.upstream, waitsFor: part.dependencies.filter(names.contains),
                    level: before.map { $0.level + 1 }.max() ?? 0, attempt: upstream.timeouts.attempt,
                    latestEnd: (before.map(\.latestEnd).max() ?? .zero) + upstream.timeouts.attempt)
            }
            waiting.removeAll { part in done[part.name] != nil }
        }
        parts = declared.compactMap { done[$0.name] }
        criticalPath = Self.slowest(of: parts, among: done)
    }

    /// From the part that ends last back to one that waits for nothing.
    private static func slowest(of parts: [Part], among all: [String: Part]) -> [String] {
        var path: [String] = []
        var candidates = parts
        while let last = candidates.map(\.latestEnd).max(),
            let part = candidates.first(where: { $0.latestEnd == last })
        {
            path.insert(part.name, at: 0)
            candidates = part.waitsFor.compactMap { all[$0] }
        }
        return path
    }
}

extension PartSettings {
    /// The names of the parts it waits for, each once, in the order in which its path names them.
    package var dependencies: [String] {
        var names: [String] = []
        for (part, _) in path.members where !names.contains(part) { names.append(part) }
        return names
    }
}
