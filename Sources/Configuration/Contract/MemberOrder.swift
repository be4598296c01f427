// In which order an answer's members are written: that of the schema which the document gives to a path's 200.

import Yams

/// Reads the order of answers.
struct MemberOrder {
    let nodes: ContractNodes

    init(_ nodes: ContractNodes) {
        self.nodes = nodes
    }

    /// By path as written. A path is left out if its GET has no 200 of an object in JSON.
    func byPath() -> [String: [String]] {
        guard let root = nodes.root, let paths = nodes.child("paths", of: root).flatMap({ nodes.entries(of: $0) })
        else {
            return [:]
        }
        var order: [String: [String]] = [:]
        for path in paths {
            guard let properties = properties(ofAnswerAt: path.node) else { continue }
            order[path.key] = properties.map(\.key)
        }
        return order
    }

    private func properties(ofAnswerAt path: Node) -> [ContractNodes.Entry]? {
        var node: Node? = path
        for key in ["get", "responses", "200", "content", "application/json", "schema"] {
            node = node.flatMap { resolved($0) }.flatMap { nodes.child(key, of: $0) }
        }
        let properties = node.flatMap { resolved($0) }.flatMap { nodes.child("properties", of: $0) }
        return properties.flatMap { nodes.entries(of: $0) }
    }

    /// What a reference, perhaps to another reference, leads to in the end.
    private func resolved(_ node: Node) -> Node? {
        var node = node
        var followed: Set<String> = []
        while let next = nodes.child("$ref", of: node), let reference = next.text {
            let place = Place(next.mark)
            guard followed.insert(reference).inserted else {
                nodes.report(place, "`\(reference)` leads back to itself")
                return nil
            }
            guard let target = nodes.target(of: reference, at: place) else { return nil }
            node = target
        }
        return node
    }
}
