// A waterfall as the operator's side tells it (`/admin/waterfalls/ID.json`), and as a terminal shows it.

/// Times are milliseconds since the request's arrival, and negative where it shares what began before.
struct Waterfall: Decodable {
    struct Part: Decodable {
        let name: String
        let upstream: String?
        let startMs: Double
        let endMs: Double
        let outcome: String
        let failure: String?
        let critical: Bool
        let coalescedWith: String?
        let attempts: [Attempt]
    }

    struct Attempt: Decodable {
        let number: Int
        let why: String
        let pauseMs: Double?
        let endpoint: String?
        let startMs: Double
        let queueMs: Double
        let lookupMs: Double
        let connectMs: Double
        let tlsMs: Double
        let firstByteMs: Double
        let transferMs: Double
        let newConnection: Bool
        let status: Int?
        let failure: String?
        let circuit: String

        /// In their order, each with the letter that stands for it where there are no blocks.
        var phases: [(name: String, length: Double)] {
            [
                ("queue", queueMs), ("dns", lookupMs), ("connect", connectMs), ("tls", tlsMs), ("wait", firstByteMs),
                ("transfer", transferMs),
            ]
        }
        var length: Double { phases.reduce(0) { $0 + $1.length } }
    }

    let id: String
    let at: String
    let route: String?
    let status: Int
    let failure: String?
    let reason: String?
    let totalMs: Double
    /// Nil: not known, as its answer was another request's.
    let overheadMs: Double?
    let sharedStartMs: Double?
    let sharedMs: Double?
    let turnStartMs: Double?
    let turnMs: Double?
    let mergeStartMs: Double?
    let mergeMs: Double?
    let coalescedWith: String?
    let reusedFrom: String?
    let criticalPath: [String]
    let parts: [Part]
}

/// Aligned bars, one a part and one an attempt.
struct WaterfallText: CustomStringConvertible {
    private struct Row {
        var name: String
        var bar: [(kind: Character, start: Double, length: Double)]
        var time: String
        var note = ""
    }

    private let waterfall: Waterfall
    private let admin: String
    private let columns: Int
    private let ascii: Bool

    /// - Parameter admin: the operator's address, without a slash at its end.
    init(_ waterfall: Waterfall, at admin: String, columns: Int, ascii: Bool) {
        self.waterfall = waterfall
        self.admin = admin
        self.columns = columns
        self.ascii = ascii
    }

    var description: String {
        let rows = self.rows
        let names = rows.map(\.name.count).max() ?? 0, times = rows.map(\.time.count).max() ?? 0
        let notes = rows.map(\.note.count).max() ?? 0
        // A narrow terminal wraps notes rather than lose the bars.
        let width = max(20, min(80, columns - names - times - 6 - min(notes, 30)))
        let lines = rows.map { row in
            let name = row.name + String(repeating: " ", count: names - row.name.count)
            let time = String(repeating: " ", count: times - row.time.count) + row.time
            let line = "\(name)  \(bar(row.bar, width))  \(time)" + (row.note.isEmpty ? "" : "  \(row.note)")
            return line
        }
        return ([heading] + [""] + lines + ["", legend]).joined(separator: "\n") + "\n"
    }

    private var heading: String {
        let how = waterfall.failure.map { " \(Self.words($0))" } ?? ""
        let why = waterfall.reason.map { "\n\($0)" } ?? ""
        let own = waterfall.overheadMs.map { ", of it not at upstreams \(Self.time($0))" } ?? ""
        let path = waterfall.criticalPath.joined(separator: ascii ? " -> " : " → ")
        return "\(waterfall.route ?? "no route")  \(waterfall.status)\(how)  \(Self.time(waterfall.totalMs))\(own)\n"
            + "request \(waterfall.id) at \(waterfall.at)\(shared)\(why)"
            + (path.isEmpty ? "" : "\nlongest path: \(path)")
    }

    /// Whose answer it got, and where to look further.
    private var shared: String {
        guard let leader = waterfall.coalescedWith else {
            return waterfall.reusedFrom.map { "\nwas given the answer of request \($0)" } ?? ""
        }
        let waited = waterfall.sharedMs.map { ", for which it waited \(Self.time($0))" } ?? ""
        return "\nshares the answer of request \(leader)\(waited): \(admin)/admin/waterfalls/\(leader).json\n"
            + "the parts are that request's, and so are their times; \(earlier) began before this one came"
    }

    private var earlier: Character { ascii ? "<" : "◂" }

    private var rows: [Row] {
        var rows: [Row] = []
        if let start = waterfall.sharedStartMs, let length = waterfall.sharedMs {
            rows.append(
                Row(
                    name: "shared", bar: [("s", start, length)], time: Self.time(length), note: "waiting for the answer"
                ))
        }
        if let start = waterfall.turnStartMs, let length = waterfall.turnMs {
            rows.append(Row(name: "turn", bar: [("q", start, length)], time: Self.time(length)))
        }
        for part in waterfall.parts {
            let length = part.endMs - part.startMs
            rows.append(
                Row(
                    name: "\(part.critical ? "* " : "  ")\(part.name)", bar: [("=", part.startMs, length)],
                    time: part.outcome == "skipped" ? "skipped" : Self.time(length),
                    note: note(part)))
            rows += part.attempts.map { row($0, of: part) }
        }
        if let start = waterfall.mergeStartMs, let length = waterfall.mergeMs {
            rows.append(Row(name: "merge", bar: [("=", start, length)], time: Self.time(length)))
        }
        return rows
    }

    private func note(_ part: Waterfall.Part) -> String {
        let whose = waterfall.coalescedWith ?? waterfall.reusedFrom
        let leader = part.coalescedWith.flatMap { $0 == whose ? nil : "shares the call of \($0)" }
        let sooner = part.endMs < 0 ? "over \(Self.time(-part.endMs)) before" : nil
        return [part.failure.map(Self.words), leader, sooner].compactMap(\.self).joined(separator: ", ")
    }

    private func row(_ attempt: Waterfall.Attempt, of part: Waterfall.Part) -> Row {
        var start = attempt.startMs
        var bar: [(Character, Double, Double)] = []
        for (name, length) in attempt.phases {
            if length > 0 { bar.append((name.first ?? "?", start, length)) }
            start += length
        }
        let longest = attempt.phases.max { $0.length < $1.length }
        let note = [
            attempt.why == "first" ? nil : attempt.why + (attempt.pauseMs.map { " after \(Self.time($0))" } ?? ""),
            attempt.failure.map(Self.words),
            attempt.status.flatMap { $0 == 200 ? nil : "status \($0)" },
            attempt.circuit == "closed" || attempt.failure == "circuit_open" ? nil : "circuit \(attempt.circuit)",
            attempt.newConnection ? "new connection" : nil,
            longest.map { "\($0.name) \(Self.time($0.length))" },
        ].compactMap(\.self).joined(separator: ", ")
        let address = (attempt.endpoint ?? part.upstream ?? "nowhere").replacing(/^https?:\/\//, with: "")
        return Row(name: "    \(attempt.number). \(address)", bar: bar, time: Self.time(attempt.length), note: note)
    }

    /// Each piece has one column at least, so that nothing short is invisible.
    private func bar(_ pieces: [(kind: Character, start: Double, length: Double)], _ width: Int) -> String {
        var cells = Array(repeating: Character(ascii ? "." : "·"), count: width)
        let scale = Double(width) / max(waterfall.totalMs, 0.001)
        // Where several fall on one column the longest is seen.
        for (kind, start, length) in pieces.sorted(by: { $0.length < $1.length }) {
            // What was over before the request came has no place here.
            if start + length >= 0 {
                let first = min(max(0, Int(start * scale)), width - 1)
                let last = min(max(first, Int(((start + length) * scale).rounded(.up)) - 1), width - 1)
                for place in first...last { cells[place] = ascii ? kind : Self.blocks[kind] ?? "█" }
            }
            if start < 0 { cells[0] = earlier }
        }
        return String(cells)
    }

    private static let blocks: [Character: Character] = [
        "q": "░", "d": "▏", "c": "▒", "t": "▓", "w": "█", "=": "━", "s": "┄",
    ]

    private var legend: String {
        ascii
            ? "* on the longest path   q waiting for a place   d name   c connecting   t TLS or reading   w waiting"
            : "* on the longest path   ░ waiting for a place   ▏ name   ▒ connecting   ▓ TLS, reading   █ waiting"
    }

    private static func words(_ kind: String) -> String { kind.replacing("_", with: " ") }

    /// `1.23 s`, `45.6 ms`.
    private static func time(_ milliseconds: Double) -> String {
        let isLong = milliseconds >= 1000
        let value = isLong ? milliseconds / 1000 : milliseconds
        let tenths = Int((value * (isLong ? 100 : 10)).rounded())
        let digits = isLong ? 100 : 10
        let rest = "\(digits + tenths % digits)".dropFirst()
        return "\(tenths / digits).\(rest) \(isLong ? "s" : "ms")"
    }
}
