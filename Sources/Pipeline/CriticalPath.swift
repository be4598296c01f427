// How much of a request's time upstreams took, and along which of its parts: what is left is the gateway's own.

extension RequestRecord {
    /// Places in the plan, from what began at once to what the answer waited for last, whatever that spent its time on. Empty:
    /// there was no plan.
    package var criticalPath: [Int] {
        guard let planned = outline?.parts else { return [] }
        var path: [Int] = []
        // What was cancelled or skipped was not waited for.
        func last(_ places: some Sequence<Int>) -> Int? {
            parts.filter { places.contains($0.place) && $0.outcome != .cancelled && $0.outcome != .skipped }
                .max { $0.ended < $1.ended }?.place
        }
        var next = last(planned.indices)
        while let place = next {
            path.insert(place, at: 0)
            next = last(planned[place].needs)
        }
        return path
    }

    /// What of `total` was not its upstreams', in microseconds. Nil: it waited for another request's answer, and what that waited
    /// for is not its own time; or it was given one that there was.
    package func overhead(of total: Duration) -> Int64? {
        coalescedWith == nil && reusedFrom == nil ? max(0, total.microseconds - upstreamTime) : nil
    }

    /// What is known of a part while the path is looked for.
    private struct Wait {
        /// Microseconds in which an attempt was under way, one or several at once.
        var own: Int64 = 0
        /// From where on this is counted already: ends are looked at from the last to the first.
        var counted = Int64.max
        /// Whether an attempt was made or refused. If none was, its call was another request's, whose attempts these are.
        var isKnown = false
        /// Along the longest way up to its end.
        var path: Int64 = 0
    }

    /// Microseconds in which attempts were under way, along the way through the plan where these are the most. Waiting for a
    /// turn, for a place or to try again is not upstreams' time, and neither is what is computed. Asked for each request.
    package var upstreamTime: Int64 {
        let planned = outline?.parts ?? []
        return withUnsafeTemporaryAllocation(of: Wait.self, capacity: planned.count) { waits in
            waits.initialize(repeating: Wait())
            // In the order of their ends, so from behind each adds what lies before those that were looked at.
            for attempt in attempts.reversed() {
                guard attempt.part < waits.count else { continue }
                let place = Int(attempt.part)
                waits[place].isKnown = true
                guard let begun = attempt.begun else { continue }
                waits[place].own += max(0, min(Int64(attempt.ended), waits[place].counted) - Int64(begun))
                waits[place].counted = min(waits[place].counted, Int64(begun))
            }
            // None stands before one that it waited for.
            var longest: Int64 = 0
            for part in parts where part.place < waits.count {
                if !waits[part.place].isKnown, part.outcome != .skipped {
                    waits[part.place].own = max(0, part.started.duration(to: part.ended).microseconds)
                }
                let sooner = planned[part.place].needs.lazy.map { waits[$0].path }.max() ?? 0
                waits[part.place].path = sooner + waits[part.place].own
                longest = max(longest, waits[part.place].path)
            }
            return longest
        }
    }
}
