// One request taken apart, as JSON: for the operator's page, for `gateway explain`, for whoever asks the admin address.

package import Configuration
package import Pipeline

extension ToldRequest {
    /// What a list shows of it: when, what, how it ended, how long, and which part to look at.
    package var summary: WrittenJSON { .object(members) }

    private var members: [(String, WrittenJSON)] {
        let guilty = guilty
        return [
            ("id", .text(id)),
            ("at", .text(WallClock.text(at))),
            ("route", .optional(route)),
            ("status", .whole(status)),
            ("failure", .optional((failure?.kind ?? guilty?.outcome.failure)?.rawValue)),
            ("part", .optional(guilty?.name)),
            ("upstream", .optional(guilty.flatMap { upstream(of: $0.place) })),
            ("partMs", guilty.map { .milliseconds($0.started.duration(to: $0.ended)) } ?? .null),
            ("coalescedWith", .optional(coalescedWith)),
            ("reusedFrom", .optional(reusedFrom)),
            ("tenant", .optional(tenant)),
            ("totalMs", Self.ms(total)),
            ("criticalPath", .list(path.compactMap { name(of: $0) }.map { .text($0) })),
        ]
    }

    /// All of it: the summary, who asked, and every part with its attempts. Times are milliseconds since its arrival, and
    /// negative where it shares what began before it came.
    package var waterfall: WrittenJSON {
        let shared = span(came.shareAsked, came.shareEnded)
        let turn = span(came.turnAsked, came.planStarted), merge = span(came.mergeStarted, came.mergeEnded)
        return .object(
            members + [
                ("reason", .optional(failure?.reason)),
                ("key", .optional(credential)),
                ("client", .text(client)),
                ("trace", .text(trace)),
                ("sharedStartMs", shared.start), ("sharedMs", shared.length),
                ("overheadMs", overhead.map(Self.ms) ?? .null),
                ("turnStartMs", turn.start), ("turnMs", turn.length),
                ("mergeStartMs", merge.start), ("mergeMs", merge.length),
                ("parts", .list(parts.sorted { $0.place < $1.place }.map(part))),
            ])
    }

    private func part(_ part: RequestRecord.Part) -> WrittenJSON {
        let start = total - part.started.duration(to: answered).microseconds
        return .object([
            ("name", .text(part.name)),
            ("upstream", .optional(upstream(of: part.place))),
            ("startMs", Self.ms(start)),
            ("endMs", Self.ms(start + part.started.duration(to: part.ended).microseconds)),
            ("outcome", .text(part.outcome.word)),
            ("failure", .optional(part.outcome.failure?.rawValue)),
            ("critical", .flag(path.contains(part.place))),
            ("coalescedWith", .optional(part.coalescedWith)),
            ("attempts", .list(self.attempts(of: part.place))),
        ])
    }

    private func attempts(of place: Int) -> [WrittenJSON] {
        let own = attempts.filter { Int($0.part) == place }.sorted { $0.number < $1.number }
        return own.enumerated().map { index, attempt in
            self.attempt(attempt, after: index == 0 ? nil : own[index - 1])
        }
    }

    /// - Parameter before: the attempt of the same call that was made before.
    private func attempt(_ attempt: RequestRecord.Attempt, after before: RequestRecord.Attempt?) -> WrittenJSON {
        let phases = attempt.phases
        let pause = before.map { max(0, Int64(attempt.asked) - Int64($0.ended)) }
        return .object([
            ("number", .whole(Int(attempt.number))),
            ("why", .text(attempt.cause.word)),
            ("after", .optional(before?.failure?.rawValue)),
            ("pauseMs", pause.map(Self.ms) ?? .null),
            ("endpoint", .optional(address(of: attempt))),
            ("startMs", Self.ms(Int64(attempt.asked))),
            ("queueMs", Self.ms(Int64(attempt.queued))),
            ("lookupMs", Self.ms(phases.lookup)), ("connectMs", Self.ms(phases.connect)),
            ("tlsMs", Self.ms(phases.tls)), ("firstByteMs", Self.ms(phases.firstByte)),
            ("transferMs", Self.ms(phases.transfer)),
            ("newConnection", .flag(attempt.wire.isNewConnection)),
            ("status", attempt.status == 0 ? .null : .whole(Int(attempt.status))),
            ("bytes", .whole(Int(attempt.wire.bytes))),
            ("failure", .optional(attempt.failure?.rawValue)),
            ("circuit", .text(attempt.circuit.word)),
        ])
    }

    private func name(of place: Int) -> String? {
        outline.flatMap { $0.parts.indices.contains(place) ? $0.parts[place].name : nil }
    }

    private func upstream(of place: Int) -> String? {
        outline.flatMap { $0.parts.indices.contains(place) ? $0.parts[place].upstream : nil }
    }

    private func address(of attempt: RequestRecord.Attempt) -> String? {
        guard let place = attempt.endpoint, let upstream = upstream(of: Int(attempt.part)),
            let all = addresses.byUpstream[upstream], all.indices.contains(Int(place))
        else { return nil }
        return all[Int(place)]
    }

    private func span(_ start: Int64?, _ end: Int64?) -> (start: WrittenJSON, length: WrittenJSON) {
        guard let start else { return (.null, .null) }
        return (Self.ms(start), Self.ms((end ?? total) - start))
    }

    private static func ms(_ microseconds: Int64) -> WrittenJSON { .number(Double(microseconds) / 1000) }
}

extension RequestRecord.Attempt {
    /// Where its time went, in microseconds, one behind the other from when it was begun.
    package var phases: (lookup: Int64, connect: Int64, tls: Int64, firstByte: Int64, transfer: Int64) {
        guard let begun else { return (0, 0, 0, 0, 0) }
        let whole = Int64(ended) - Int64(begun)
        var phases: (lookup: Int64, connect: Int64, tls: Int64, firstByte: Int64, transfer: Int64) = (0, 0, 0, 0, 0)
        if wire.isNewConnection {
            phases.lookup = min(Int64(wire.resolved), whole)
            // One that never stood took all that was left.
            let connected = wire.connected == 0 ? whole : Int64(wire.connected)
            phases.connect = max(0, min(connected, whole) - phases.lookup)
            phases.tls = max(0, min(Int64(wire.secured), whole) - phases.lookup - phases.connect)
        }
        let sent = phases.lookup + phases.connect + phases.tls
        let firstByte = wire.firstByte == 0 ? whole : min(Int64(wire.firstByte), whole)
        phases.firstByte = max(0, firstByte - sent)
        phases.transfer = max(0, whole - sent - phases.firstByte)
        return phases
    }
}

extension WallClock {
    /// `2026-01-02T03:04:05.678Z` for a time since 1970.
    package static func text(_ time: Duration) -> String {
        var timestamps = Timestamps()
        var bytes = LineBytes(capacity: 24)
        timestamps.write(time, to: &bytes)
        return String(decoding: bytes.array, as: UTF8.self)
    }
}
