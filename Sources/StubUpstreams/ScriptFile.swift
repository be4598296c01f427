// A script as an operator writes it: YAML, read completely or not at all. `config/stub.yaml` shows all of it.

import FoundationEssentials
import Yams

extension Script {
    /// Reads a script file. Throws everything that is wrong with it, all at once.
    package static func load(path: String) throws(ScriptProblems) -> Script {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            let message = "cannot be read: there is no such file, or it is no UTF-8 text"
            throw ScriptProblems(problems: [ScriptProblem(file: path, line: 1, column: 1, message: message)])
        }
        return try parse(text, file: path)
    }

    /// Reads a script.
    ///
    /// - Parameter file: what problems name as their place.
    package static func parse(_ text: String, file: String = "script") throws(ScriptProblems) -> Script {
        var reader = ScriptReader(file: file)
        var script = Script()
        if let root = try document(text, file: file), !reader.isAbsent(root) {
            for (key, value) in reader.members(of: root, "a script", known: ["seed", "listen", "rules"]) {
                switch key {
                case "seed": script.seed = reader.integer(value, 0...Int.max).map(UInt64.init) ?? 0
                case "listen": script.listen = reader.listen(value)
                default: script.rules = reader.items(of: value, "rules").map { reader.rule($0) }
                }
            }
        }
        guard reader.problems.isEmpty else { throw ScriptProblems(problems: reader.problems) }
        return script
    }

    private static func document(_ text: String, file: String) throws(ScriptProblems) -> Node? {
        do {
            return try compose(yaml: text)
        } catch {
            var place = (line: 1, column: 1)
            var message = "is no YAML"
            switch error as? YamlError {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (place, message) = ((mark.line, mark.column), problem)
            case .duplicatedKeysInMapping(let keys, let context):
                place = (context.mark.line, context.mark.column)
                message = "more than once: \(keys.sorted().joined(separator: ", "))"
            default: break
            }
            let problem = ScriptProblem(file: file, line: place.line, column: place.column, message: message)
            throw ScriptProblems(problems: [problem])
        }
    }
}

extension ScriptReader {
    fileprivate mutating func listen(_ node: Node) -> [StubUpstreams.Service: StubUpstreams.Address] {
        var addresses: [StubUpstreams.Service: StubUpstreams.Address] = [:]
        for (key, value) in members(of: node, "listen", known: StubUpstreams.Service.allCases.map(\.rawValue)) {
            guard let service = StubUpstreams.Service(rawValue: key), let text = text(value) else { continue }
            let colon = text.lastIndex(of: ":")
            let host = colon.map { text[..<$0].filter { $0 != "[" && $0 != "]" } } ?? ""
            let port = colon.flatMap { Int(text[text.index(after: $0)...]) }
            guard let port, (0...65535).contains(port), !host.isEmpty else {
                report("an address is HOST:PORT, such as 127.0.0.1:9101", at: value)
                continue
            }
            addresses[service] = StubUpstreams.Address(host: host, port: port)
        }
        return addresses
    }
}
