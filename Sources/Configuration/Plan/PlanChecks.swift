// What can be wrong with a route although each of its settings is well-formed: its parts do not fit together.

/// The examination of one route.
struct PlanChecks {
    let route: RouteDraft
    let upstreams: [UpstreamSettings]
    /// Nil: the contract could not be read.
    let contract: ContractDocument?
    let reading: Reading

    func run() {
        checkParameters()
        checkNames()
        checkUpstreams()
        checkSchemas()
        checkDestinations()
        checkRoot()
        checkReferences()
        checkCircles()
        checkCalls()
        checkDeadline()
        checkReuse()
    }

    /// The path's places and the declared parameters are the same names.
    private func checkParameters() {
        guard let path = route.path else { return }
        let declared = route.parameters.map(\.key)
        var seen: Set<String> = []
        for name in path.value.parameters {
            if !seen.insert(name).inserted {
                reading.report(path.place, "\(path.shown) has a parameter twice")
            } else if !declared.contains(name), !isUnreadable("parameters", "parameters.\(name)") {
                let isSecret = path.text.isExpanded
                let place = isSecret ? "a parameter" : "`{\(name)}`"
                reading.report(
                    path.place,
                    "\(path.shown) has \(place), to which `parameters` gives no kind",
                    suggestion: isSecret ? nil : Nearest.to(name, among: declared).map { "`{\($0)}`" })
            }
        }
        if !path.value.members.isEmpty {
            reading.report(path.place, "\(path.shown) is a client's path, and can only have {parameter}s")
        }
        for parameter in route.parameters where !path.value.parameters.contains(parameter.key) {
            reading.report(
                parameter.place, "parameter `\(parameter.key)` does not occur in the route's path \(path.shown)")
        }
    }

    private func checkNames() {
        var first: [String: Located<String>] = [:]
        for name in route.parts.compactMap(\.name) {
            if let earlier = first[name.value] {
                reading.report(
                    name.place, "two parts are called \(name.shown); the first is in line \(earlier.place.line)")
            } else {
                first[name.value] = name
            }
        }
    }

    private func checkUpstreams() {
        let known = upstreams.map(\.name)
        for upstream in route.parts.compactMap(\.upstream) {
            // One whose section could not be read is known all the same.
            if known.contains(upstream.value) || reading.isUnreadable("upstreams.\(upstream.value)") { continue }
            if known.isEmpty { continue }
            let meant = upstream.text.isExpanded ? nil : Nearest.to(upstream.value, among: known)
            reading.report(
                upstream.place, "there is no upstream \(upstream.shown)", suggestion: meant.map { "`\($0)`" })
        }
    }

    private func checkSchemas() {
        guard let contract else { return }
        for part in route.parts {
            guard let schema = part.schema else { continue }
            if contract.schemas[schema.value.name] == nil {
                let meant = Nearest.to(schema.value.name, among: contract.schemas.keys.sorted())
                reading.report(
                    schema.place, "the contract has no schema \(schema.shown)",
                    suggestion: schema.text.isExpanded ? nil : meant.map { "`\(schema.value.isList ? "[\($0)]" : $0)`" }
                )
            } else if part.isRoot, schema.value.isList {
                reading.report(schema.place, "\(schema.shown) is a list, which cannot be the root of an answer")
            }
        }
    }

    /// Each member of the answer has one source.
    private func checkDestinations() {
        var writers: [String: PartDraft] = [:]
        let root = route.parts.first(where: \.isRoot)
        let taken = root?.schema.flatMap { contract?.schemas[$0.value.name] }?.members.map(\.name) ?? []
        for part in route.parts {
            guard case .member(let member)? = part.destination, let text = part.into?.text ?? part.name?.text else {
                continue
            }
            if let earlier = writers[member], earlier.name?.value != part.name?.value || part.into != nil {
                reading.report(
                    text.place, "two parts become the member \(text.shown); the first is in line \(earlier.place.line)")
            } else if taken.contains(member) {
                reading.report(
                    text.place, "the member \(text.shown) is already one of the root's (\(root?.schema?.shown ?? ""))")
            }
            writers[member] = writers[member] ?? part
        }
    }

    private func checkRoot() {
        let roots = route.parts.filter(\.isRoot)
        for root in roots.dropFirst() {
            let first = roots[0].into?.place.line ?? roots[0].place.line
            reading.report(root.into?.place ?? root.place, "two parts are the root; the first is in line \(first)")
        }
        for root in roots {
            if let word = root.onFailure, word.value == .null {
                reading.report(word.place, "the root cannot be null: without it there is no answer")
            }
            if let word = root.onNotFound, word.value == .null {
                reading.report(word.place, "the root cannot be null: without its record the answer is a 404")
            }
        }
    }

    private func checkCalls() {
        guard let calls = route.upstreamCalls, calls.value < route.parts.count else { return }
        reading.report(
            calls.place,
            "`upstreamCalls` is \(calls.shown), but the route's \(route.parts.count) parts are one call each")
    }

    /// The longest chain of attempts fits in the deadline. Parts of which too little is known are left out: what the
    /// others take is the least.
    private func checkDeadline() {
        let parts = route.parts.compactMap(\.settings).filter { part in
            let names = ["", ".timeouts", ".timeouts.attempt"].map { "upstreams.\(part.upstream)\($0)" }
            return upstreams.contains { $0.name == part.upstream } && !names.contains(where: reading.isUnreadable)
        }
        guard !isUnreadable("deadline"), let graph = PlanGraph(parts, upstreams: upstreams),
            graph.criticalTime > route.deadline.value
        else { return }

        let chain = graph.criticalPath.compactMap { name in graph.parts.first { $0.name == name } }
        let isSecret = chain.contains { reading.isExpanded("upstreams.\($0.upstream).timeouts.attempt") }
        let steps = chain.map { part in
            let shown = route.parts.first { $0.name?.value == part.name }?.name?.text.written ?? part.name
            return isSecret ? shown : "\(shown) \(part.attempt.written)"
        }
        reading.report(
            route.deadline.place,
            "the deadline \(route.deadline.shown) is shorter than the longest path"
                + (isSecret ? ": " : ", \(graph.criticalTime.written): ") + steps.joined(separator: ", then "))
    }

    /// What may not be shared while it is in the air may not be given again later.
    private func checkReuse() {
        guard let reuse = route.reuse, reuse.value != nil else { return }
        let asked = Set(route.parts.compactMap { $0.upstream?.value })
        for upstream in upstreams where asked.contains(upstream.name) && !upstream.coalesce {
            reading.report(
                reuse.place,
                "`reuse` gives answers to equal requests again, but the route's upstream `\(upstream.name)` has "
                    + "`coalesce: false`, which forbids even to share them in the air")
        }
    }

    private func isUnreadable(_ keys: String...) -> Bool {
        keys.contains { reading.isUnreadable("\(route.section).\($0)") }
    }
}
