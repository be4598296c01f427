// Whether two routes could be meant by one path: then it would depend on their order which one answers.

enum RouteOverlap {
    /// Where `server.readyz` answers.
    private static let readyz = PathTemplate(segments: [.literal("readyz")])

    /// Reports routes of one name, and routes that one path could mean.
    ///
    /// - Parameter readyz: whether the listeners answer `/readyz` themselves.
    static func check(_ routes: [RouteDraft], readyz: Bool, _ reading: Reading) {
        for (index, route) in routes.enumerated() {
            let earlier = routes[..<index]
            if let name = route.name, let other = earlier.first(where: { $0.name?.value == name.value }) {
                reading.report(
                    name.place, "two routes are called \(name.shown); the first is in line \(other.place.line)")
            }
            guard let path = route.path else { continue }
            if readyz, overlap(Self.readyz, path.value) {
                reading.report(path.place, "a path can match both \(path.shown) and /readyz of `server.readyz`")
            }
            if let other = earlier.first(where: { $0.path.map { overlap($0.value, path.value) } ?? false }) {
                reading.report(
                    path.place,
                    "a path can match both \(path.shown) and \(other.path?.shown ?? "") "
                        + "in line \(other.path?.place.line ?? 1)"
                )
            }
        }
    }

    /// Kinds of parameters do not tell paths apart: what is not of its kind is a malformed request, not another route.
    static func overlap(_ left: PathTemplate, _ right: PathTemplate) -> Bool {
        left.segments.count == right.segments.count
            && zip(left.segments, right.segments).allSatisfy { left, right in
                switch (left, right) {
                case (.literal(let one), .literal(let other)): one == other
                // A parameter is never empty.
                case (.literal(let text), _), (_, .literal(let text)): !text.isEmpty
                default: true
                }
            }
    }
}
