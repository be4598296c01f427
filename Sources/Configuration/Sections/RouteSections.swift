// The file's `routes`: what clients can ask for, and the calls each answer is made of.

extension Section {
    func route() -> RouteDraft {
        let standard = Duration.seconds(3)
        let name = need("name", .name, "What logs and metrics call it.")
        let path = need(
            "path", .template, "What clients ask for, matched byte for byte; {parameter} is any one segment.")
        let parameters = pairs(
            "parameters", Kind<ParameterKind>.word,
            "The kind of each {parameter}: `uuid` (8-4-4-4-12 hexadecimal digits), "
                + "`token` (1 to 64 of A–Z a–z 0–9 _ -), `integer` (1 to 18 digits). Anything else in its place is 400."
        )
        var scopes: [String] = []
        set(&scopes, "scopes", listOf: .scope, "What a credential must be allowed to do: all of them, or 403.")
        let deadline = find(
            "deadline", .duration(.milliseconds(50)...Duration.seconds(600)),
            "All of it. A client may shorten it with X-Request-Timeout-Ms.", standard: standard)
        let calls = find(
            "upstreamCalls", .whole(1...1000),
            "Calls that one request may cost, retries and hedges included. Absent: the number of parts and two.")
        let reuse = find(
            "reuse", .reuse,
            "For how long an answer may be given again to equal requests, from when it began to be made; or `off`. Whoever "
                + "writes and then reads may get what was there before. Needs `coalesce` of all upstreams of the route.",
            standard: .some(nil))
        var notFound = "Not found"
        set(&notFound, "notFound", .text, "The sentence of a 404 for a record that does not exist.")
        let parts = list("parts", required: true, "The calls. Their order follows from the references in their paths.")
        {
            $0.part()
        }
        return RouteDraft(
            section: self.name, place: place, name: name, path: path, parameters: parameters, scopes: scopes,
            deadline: (deadline?.value ?? standard, deadline?.shown ?? "`3s`", deadline?.place ?? place),
            upstreamCalls: calls, reuse: reuse, notFound: notFound, parts: parts ?? [])
    }

    private func part() -> PartDraft {
        let name = need(
            "name", .name, "How other parts refer to it, and the member it becomes unless `into` says otherwise.")
        let upstream = need("upstream", .name, "One of `upstreams`.")
        let path = need(
            "path", .template,
            "What is asked. {parameter} is one of the route's, {part.member} a string of another part's reply, "
                + "which makes this part wait for that one; if it is null there is no call, and null is the answer.")
        let into = find(
            "into", .destination, "`root`: its members become the answer's. Else the answer's member. Absent: its name."
        )
        let select = find("select", .text, "The member of the reply that holds what is wanted. Absent: all of it.")
        let schema = find("schema", .schema, "What it must be, by name: `Contact`, or `[Message]` for a list.")
        let onNotFound = find(
            "onNotFound", Kind<PartSettings.OnNotFound>.word,
            "A 404: the whole answer is a 404 (`fail`), or the record is gone (`null`).",
            standard: .fail)
        let onFailure = find(
            "onFailure", Kind<PartSettings.OnFailure>.word,
            "Other failures: the whole answer is an error (`fail`), or the member is null and headers say so (`null`).",
            standard: .fail)
        let stale = find(
            "staleIfError", .duration(.seconds(1)...Duration.seconds(86_400)),
            "An earlier answer, at most this old, may stand in for one that failed. Absent: never.")
        return PartDraft(
            place: place, name: name, upstream: upstream, path: path, into: into, select: select?.value,
            schema: schema, onNotFound: onNotFound, onFailure: onFailure, staleIfError: stale?.value)
    }
}

extension Kind where Value == Duration? {
    /// For how long an answer may be given again.
    fileprivate static var reuse: Kind {
        let least = Duration.milliseconds(1), most = Duration.seconds(10)
        let usual = Kind.word("off", or: .duration(least...most))
        // What is too long is worth a sentence of its own.
        let any = Kind.word("off", or: .duration(least...Duration.seconds(86_400 * 365)))
        return Kind(expectation: usual.expectation, schema: usual.schema) { (text) throws(Complaint) in
            guard let time = try any.read(text) else { return nil }
            guard time <= most else {
                throw Complaint(reason: "takes \(most.written) at most; keeping answers for longer is a cache's work")
            }
            return time
        } write: {
            usual.write($0)
        }
    }
}

extension Kind where Value == PartSettings.Destination {
    fileprivate static var destination: Kind {
        let member = Kind<String>.text
        return Kind(expectation: "`root` or a member's name", schema: member.schema) { (text) throws(Complaint) in
            text == "root" ? .root : .member(try member.read(text))
        } write: {
            if case .member(let name) = $0 { .text(name) } else { "root" }
        }
    }
}

extension Kind where Value == SchemaReference {
    fileprivate static var schema: Kind {
        Kind(
            expectation: "a schema's name like Contact, or \"[Message]\" in quotes for a list",
            schema: [("type", "string"), ("pattern", #"^(\w+|\[\w+\])$"#)]
        ) { (text) throws(Complaint) in
            let isList = text.hasPrefix("[") && text.hasSuffix("]")
            let name = isList ? String(text.dropFirst().dropLast()) : text
            guard name.isWord else { throw .unexpected }
            return SchemaReference(name: name, isList: isList)
        } write: {
            .text($0.isList ? "[\($0.name)]" : $0.name)
        }
    }
}
