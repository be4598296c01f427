// `config/openapi.yaml` as a judge: read here anew, with nothing of the gateway's own compiler.

import Foundation
import Yams

/// The document, and what in an answer does not agree with it.
struct ContractText {
    private let root: Node

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "config/openapi.yaml")
        guard let root = try Yams.compose(yaml: String(contentsOf: file, encoding: .utf8)) else {
            throw NoAnswer(what: "the document is empty")
        }
        self.root = root
    }

    /// What is wrong with an answer to `method` on a conversation's path; empty: nothing.
    func problems(_ answer: Answered, method: String) -> [String] {
        let operation = root[name: "paths"]?[name: "/api/conversations/{id}"]?[name: method.lowercased()] ?? [:]
        guard let response = operation[name: "responses"]?[name: String(answer.status)].map(resolved) else {
            return ["status \(answer.status) is not described"]
        }
        var problems = fieldProblems(answer, response)
        if method == "HEAD" || answer.status == 304 {
            if !answer.body.isEmpty { problems.append("there is a body") }
            return problems
        }
        guard let schema = response[name: "content"]?[name: "application/json"]?[name: "schema"] else {
            return problems + ["the body is not described"]
        }
        do {
            problems += self.problems(try JSONTree(answer.body), schema, at: "body")
        } catch {
            problems.append("the body is no JSON without white space: \(error)")
        }
        if answer["Content-Length"] != String(answer.body.count) { problems.append("Content-Length is wrong") }
        return problems
    }

    private func fieldProblems(_ answer: Answered, _ response: Node) -> [String] {
        let described = response[name: "headers"]?.mapping?.map { ($0.key.string ?? "", resolved($0.value)) } ?? []
        var problems: [String] = []
        for field in answer.fields where !["Connection", "Content-Type"].contains(field.name) {
            guard let (_, description) = described.first(where: { $0.0 == field.name }) else {
                problems.append("\(field.name) is not described for \(answer.status)")
                continue
            }
            let schema = description[name: "schema"].map(resolved) ?? [:]
            if let problem = textProblem(field.value, schema) { problems.append("\(field.name) \(problem)") }
        }
        for (name, description) in described where description[name: "required"]?.bool == true && answer[name] == nil {
            problems.append("\(name) is missing from \(answer.status)")
        }
        if response[name: "content"] != nil, answer["Content-Type"] != "application/json" {
            if !answer.body.isEmpty { problems.append("Content-Type is \(answer["Content-Type"] ?? "absent")") }
        }
        return problems
    }

    private func textProblem(_ text: String, _ schema: Node) -> String? {
        if let const = schema[name: "const"]?.string, const != text { return "is \(text), not \(const)" }
        if let words = schema[name: "enum"]?.sequence?.compactMap(\.string), !words.contains(text) {
            return "is \(text)"
        }
        if let pattern = schema[name: "pattern"]?.string {
            guard let expression = try? Regex(pattern), text.contains(expression) else { return "is \(text)" }
        }
        return nil
    }

    /// What is wrong with a value by a schema: types, null, required members, unlisted ones, and their order.
    func problems(_ value: JSONTree, _ schema: Node, at place: String) -> [String] {
        let schema = resolved(schema)
        if let choices = schema[name: "anyOf"]?.sequence {
            let all = choices.map { problems(value, $0, at: place) }
            return all.contains([]) ? [] : all.flatMap { $0 }
        }
        let types =
            schema[name: "type"]?.sequence?.compactMap(\.string) ?? schema[name: "type"]?.string.map { [$0] } ?? []
        guard types.isEmpty || !value.types.isDisjoint(with: types) else {
            return ["\(place) is \(value.types.sorted()), not \(types)"]
        }
        switch value {
        case .array(let items):
            guard let each = schema[name: "items"] else { return [] }
            return items.enumerated().flatMap { problems($1, each, at: "\(place)[\($0)]") }
        case .object(let members):
            return memberProblems(members, schema, at: place)
        case .number(let text):
            let minimum = schema[name: "minimum"]?.float ?? -.infinity
            return (Double(text) ?? 0) < minimum ? ["\(place) is below \(minimum)"] : []
        default:
            return []
        }
    }

    private func memberProblems(_ members: [JSONTree.Member], _ schema: Node, at place: String) -> [String] {
        let properties = schema[name: "properties"]?.mapping?.map { ($0.key.string ?? "", $0.value) } ?? []
        let listed = properties.map(\.0)
        let names = members.map(\.name)
        var problems: [String] = []
        if Set(names).count != names.count { problems.append("\(place) has a member twice") }
        for name in schema[name: "required"]?.sequence?.compactMap(\.string) ?? [] where !names.contains(name) {
            problems.append("\(place).\(name) is missing")
        }
        let unlisted = names.filter { !listed.contains($0) }
        if schema[name: "additionalProperties"]?.bool == false, !unlisted.isEmpty {
            problems.append("\(place) has unlisted members: \(unlisted)")
        }
        // The gateway always writes all members, in the document's order, and unlisted ones behind.
        if !properties.isEmpty, names != listed + unlisted { problems.append("\(place) has its members as \(names)") }
        for member in members {
            guard let (_, inner) = properties.first(where: { $0.0 == member.name }) else { continue }
            problems += self.problems(member.value, inner, at: "\(place).\(member.name)")
        }
        return problems
    }

    /// What a `$ref` stands for.
    private func resolved(_ node: Node) -> Node {
        guard let reference = node[name: "$ref"]?.string else { return node }
        return reference.split(separator: "/").dropFirst().reduce(root) { $0[name: String($1)] ?? [:] }
    }
}

extension Node {
    /// A member by its text: `200` is one, quoted or not.
    fileprivate subscript(name name: String) -> Node? { mapping?.first { $0.key.string == name }?.value }
}
