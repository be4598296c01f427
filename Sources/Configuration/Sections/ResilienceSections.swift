// What an upstream's section says about failure: retries, circuit, ejection, health, hedging.

extension Section {
    func retries(_ retries: inout UpstreamSettings.Retries) {
        set(&retries.attempts, "attempts", .whole(0...10), "Tries after the first. 0: none.")
        set(
            &retries.budget, "budget", .share(0...100),
            "Retries over the last 10 s are at most this share of the calls, so that they cannot multiply an outage.")
        set(&retries.minimum, "minimum", .whole(0...1000), "Retries in 10 s that are always allowed.")
        within("backoff", "A retry waits for a random time, at most `base` doubled with each try, at most `cap`.") {
            backoff in
            let range = Duration.zero...Duration.seconds(60)
            backoff.set(&retries.backoffBase, "base", .duration(range), "The longest wait before the first retry.")
            backoff.set(&retries.backoffCap, "cap", .duration(range), "The longest wait before any.")
            if retries.backoffCap < retries.backoffBase, !backoff.isAnyUnreadable("base", "cap") {
                let isSet = backoff.has("cap")
                let standard = isSet ? "" : ", \(retries.backoffCap.written) by default,"
                backoff.report(
                    at: isSet ? "cap" : "base", "`\(backoff.name).cap`\(standard) is shorter than `base`")
            }
        }
    }

    func circuit(_ circuit: inout UpstreamSettings.Circuit) {
        let range = Duration.milliseconds(100)...Duration.seconds(3600)
        set(
            &circuit.window, "window", .duration(.seconds(1)...Duration.seconds(600)), "How far back calls are counted."
        )
        set(&circuit.calls, "calls", .whole(1...100_000), "Fewer calls in the window never open the circuit.")
        set(&circuit.failures, "failures", .share(1...100), "The share of failed calls at which the circuit opens.")
        set(&circuit.open, "open", .duration(range), "Calls are refused for this time before probes are let through.")
        set(&circuit.openMax, "openMax", .duration(range), "The time doubles when a probe fails, up to this.")
        set(&circuit.probes, "probes", .whole(1...100), "Probes that must succeed to close the circuit.")
        if circuit.openMax < circuit.open, !isAnyUnreadable("open", "openMax") {
            let isSet = has("openMax")
            report(
                at: isSet ? "openMax" : "open",
                "`\(name).openMax`\(isSet ? "" : ", \(circuit.openMax.written) by default,") is shorter than `open`")
        }
    }

    func ejection(_ ejection: inout UpstreamSettings.Ejection) {
        set(&ejection.consecutive, "consecutive", .whole(1...1000), "Failures in a row that put an endpoint out.")
        set(&ejection.time, "for", .duration(.milliseconds(100)...Duration.seconds(3600)), "For how long it is out.")
        set(
            &ejection.most, "most", .share(0...100),
            "At most this share of the endpoints is out at once, rounded down. The last one never is.")
    }

    func health() -> UpstreamSettings.Health {
        var health = UpstreamSettings.Health()
        set(&health.path, "path", .path, "Asked with GET; 200 to 299 is healthy.")
        set(
            &health.every, "every", .duration(.milliseconds(100)...Duration.seconds(3600)),
            "Each endpoint is asked this often.")
        set(
            &health.unhealthyAfter, "unhealthyAfter", .whole(1...100), "Bad answers in a row that take an endpoint out."
        )
        set(&health.healthyAfter, "healthyAfter", .whole(1...100), "Good answers in a row that take it back.")
        return health
    }

    func hedge() -> UpstreamSettings.Hedge? {
        need("after", .hedgeTime, "`p95`: when it has taken longer than 95% of recent calls. Or always the same time.")?
            .value
    }

    private func isAnyUnreadable(_ keys: String...) -> Bool {
        keys.contains { reading.isUnreadable(fullName($0)) }
    }
}

extension Kind where Value == UpstreamSettings.Hedge {
    /// What the section says.
    fileprivate static var hedgeTime: Kind {
        let time = Kind<Duration>.duration(.milliseconds(1)...Duration.seconds(60))
        return Kind(
            expectation: "`p95` or " + time.expectation,
            schema: [("anyOf", .list([.object([("const", "p95")]), .object(time.schema)]))]
        ) { (text) throws(Complaint) in
            text == "p95" ? .afterP95 : .after(try time.read(text))
        } write: {
            if case .after(let after) = $0 { time.write(after) } else { "p95" }
        }
    }

    /// The word; the other cases are a section.
    static var hedge: Kind {
        Kind(expectation: "`off` or { after: p95 }", schema: [("const", "off")]) { (text) throws(Complaint) in
            guard text == "off" else {
                throw Complaint(suggestion: text == "p95" ? "`{ after: p95 }`" : text == "false" ? "`off`" : nil)
            }
            return .off
        } write: {
            switch $0 {
            case .off: "off"
            case .afterP95: "{ after: p95 }"
            case .after(let time): .text("{ after: \(time.written) }")
            }
        }
    }
}
