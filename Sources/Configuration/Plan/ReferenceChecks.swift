// Whether what parts want from the route and from each other exists, and whether they wait in a circle.

extension PlanChecks {
    func checkReferences() {
        for part in route.parts {
            guard let path = part.path else { continue }
            for parameter in path.value.parameters { check(parameter: parameter, in: path) }
            for member in path.value.members { check(member, in: path, of: part) }
        }
    }

    private func check(parameter name: String, in path: Located<PathTemplate>) {
        guard let known = route.path?.value.parameters, !known.contains(name) else { return }
        let parts = route.parts.compactMap(\.name?.value)
        let place = path.text.isExpanded ? "a parameter" : "`{\(name)}`"
        let meant = parts.contains(name) ? "{\(name).…}" : Nearest.to(name, among: known).map { "{\($0)}" }
        reading.report(
            path.place, "\(path.shown) needs \(place), which the route's path does not have",
            suggestion: path.text.isExpanded ? nil : meant.map { "`\($0)`" })
    }

    private func check(_ member: (part: String, name: String), in path: Located<PathTemplate>, of part: PartDraft) {
        let place = path.text.isExpanded ? "a member" : "`{\(member.part).\(member.name)}`"
        func report(_ message: String, meant: String?) {
            reading.report(
                path.place, "\(path.shown) needs \(place), \(message)",
                suggestion: path.text.isExpanded ? nil : meant.map { "`{\($0)}`" })
        }

        let names = route.parts.compactMap(\.name?.value)
        guard let source = route.parts.first(where: { $0.name?.value == member.part }) else {
            // Where a part's name could not be read, it may be that one.
            guard names.count == route.parts.count else { return }
            let others = names.filter { $0 != part.name?.value }
            let meant = Nearest.to(member.part, among: others).map { "\($0).\(member.name)" }
            return report("but the route has no such part", meant: meant)
        }
        if source.name?.value == part.name?.value { return report("which is its own reply", meant: nil) }
        guard let reference = source.schema, let schema = contract?.schemas[reference.value.name] else { return }
        if reference.value.isList { return report("but that part is a list", meant: nil) }
        guard let known = schema.members.first(where: { $0.name == member.name }) else {
            let strings = schema.members.filter { $0.kinds.subtracting(.null) == .string }.map(\.name)
            let meant = Nearest.to(member.name, among: strings).map { "\(member.part).\($0)" }
            return report("which \(reference.shown) does not have", meant: meant)
        }
        if known.kinds.subtracting(.null) != .string { report("which is not a string", meant: nil) }
    }

    /// Reports each circle once, where its first declared part names the next.
    func checkCircles() {
        var reported: [Set<String>] = []
        for part in route.parts {
            guard let name = part.name?.value, let circle = circle(through: name), circle.count > 1,
                let path = part.path, !reported.contains(Set(circle))
            else { continue }
            reported.append(Set(circle))
            let shown = (circle + [name]).map { name in
                "`\(route.parts.first { $0.name?.value == name }?.name?.text.written ?? name)`"
            }
            reading.report(path.place, "parts wait for each other: " + shown.joined(separator: " for "))
        }
    }

    /// The shortest way from a part through what it waits for back to itself. Nil: there is none.
    private func circle(through start: String) -> [String]? {
        var paths = [[start]]
        var seen: Set<String> = []
        while !paths.isEmpty {
            let path = paths.removeFirst()
            for next in waitsFor(path.last ?? start) {
                if next == start { return path }
                if seen.insert(next).inserted { paths.append(path + [next]) }
            }
        }
        return nil
    }

    private func waitsFor(_ name: String) -> [String] {
        route.parts.first { $0.name?.value == name }?.path?.value.members.map(\.part) ?? []
    }
}
