// Reads the values of a script file from YAML nodes, and collects what is wrong with them.

import Yams

/// Values from nodes. What cannot be read is reported and nil, and reading goes on.
struct ScriptReader {
    let file: String
    private(set) var problems: [ScriptProblem] = []

    init(file: String) {
        self.file = file
    }

    mutating func report(_ message: String, at node: Node) {
        let mark = node.mark
        problems.append(
            ScriptProblem(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, message: message))
    }

    // MARK: Structure

    /// Whether there is nothing behind a key, or only comments.
    func isAbsent(_ node: Node) -> Bool { node.scalar?.style == .plain && node.null != nil }

    /// A mapping's members in the file's order; unknown keys are reported and left out.
    mutating func members(of node: Node, _ what: String, known: [String]) -> [(key: String, value: Node)] {
        guard let mapping = node.mapping else {
            report("\(what) is a mapping of \(known.joined(separator: ", "))", at: node)
            return []
        }
        return mapping.compactMap { keyNode, value in
            let key = keyNode.scalar?.string ?? ""
            if known.contains(key) { return (key, value) }
            let meant = Self.closest(to: key, among: known).map { "; did you mean \($0)?" } ?? ""
            report("\(what) has no key “\(key)”\(meant)", at: keyNode)
            return nil
        }
    }

    /// A sequence's items; nothing is an empty one.
    mutating func items(of node: Node, _ what: String) -> [Node] {
        if isAbsent(node) { return [] }
        guard let sequence = node.sequence else {
            report("\(what) is a list", at: node)
            return []
        }
        return Array(sequence)
    }

    // MARK: Scalars

    mutating func text(_ node: Node) -> String? {
        if let scalar = node.scalar { return scalar.string }
        report("a text is expected", at: node)
        return nil
    }

    mutating func texts(_ node: Node) -> [String] {
        guard let sequence = node.sequence else { return text(node).map { [$0] } ?? [] }
        return sequence.compactMap { text($0) }
    }

    mutating func flag(_ node: Node) -> Bool {
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default:
            report("true or false is expected", at: node)
            return false
        }
    }

    mutating func integer(_ node: Node, _ range: ClosedRange<Int>) -> Int? {
        if let number = node.scalar.flatMap({ Int($0.string) }), range.contains(number) { return number }
        let most = range.upperBound == .max ? "" : " to \(range.upperBound)"
        report("a whole number from \(range.lowerBound)\(most) is expected", at: node)
        return nil
    }

    /// `20%` or `0.2`.
    mutating func probability(_ node: Node) -> Double? {
        let text = node.scalar?.string ?? ""
        let share = text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
        if let share, (0...1).contains(share) { return share }
        report("a share is expected, such as 20% or 0.2", at: node)
        return nil
    }

    /// `250us`, `20ms`, `3s`, `10m`.
    mutating func duration(_ node: Node) -> Duration? {
        let units: [(String, Duration)] = [
            ("us", .microseconds(1)), ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)),
        ]
        if let duration = Self.quantity(node, units, most: 1_000_000).map({ $0.unit * $0.count }) { return duration }
        report("a duration is expected, such as 20ms, 3s or 1m", at: node)
        return nil
    }

    /// Bytes: `100`, `64KiB`, `5MiB`.
    mutating func size(_ node: Node) -> Int? {
        let units = [("KiB", 1024), ("MiB", 1024 * 1024), ("", 1)]
        if let size = Self.quantity(node, units, most: 1 << 30).map({ $0.unit * $0.count }) { return size }
        report("a size is expected, such as 100, 64KiB or 5MiB", at: node)
        return nil
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ node: Node, _: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        if let choice = node.scalar.flatMap({ Choice(rawValue: $0.string) }) { return choice }
        let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        report("one of \(choices) is expected", at: node)
        return nil
    }

    /// A number with the first unit whose name ends it.
    private static func quantity<Unit>(
        _ node: Node, _ units: [(name: String, unit: Unit)], most: Int
    ) -> (count: Int, unit: Unit)? {
        let text = node.scalar?.string ?? ""
        guard let (name, unit) = units.first(where: { text.hasSuffix($0.name) }),
            let count = Int(text.dropLast(name.count)), (0...most).contains(count)
        else { return nil }
        return (count, unit)
    }

    // MARK: What was meant

    private static func closest(to key: String, among known: [String]) -> String? {
        let ranked = known.map { (name: $0, distance: distance($0.lowercased(), key.lowercased())) }
        return ranked.filter { $0.distance <= 2 }.min { $0.distance < $1.distance }?.name
    }

    /// Levenshtein's.
    private static func distance(_ one: String, _ other: String) -> Int {
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (place, otherLetter) in other.enumerated() {
                let cost = diagonal + (letter == otherLetter ? 0 : 1)
                diagonal = row[place + 1]
                row[place + 1] = min(cost, diagonal + 1, row[place] + 1)
            }
        }
        return row[other.count]
    }
}
