// A route as the file has it: what could be read, each with its place, before it is known whether it makes sense.

/// A route under examination.
struct RouteDraft {
    /// Its section's dotted name.
    let section: String
    let place: Place
    let name: Located<String>?
    let path: Located<PathTemplate>?
    let parameters: [(key: String, place: Place, value: Located<ParameterKind>)]
    let scopes: [String]
    /// With `deadline.place` where the file has it, else the route's.
    let deadline: (value: Duration, shown: String, place: Place)
    let upstreamCalls: Located<Int>?
    let reuse: Located<Duration?>?
    let notFound: String
    let parts: [PartDraft]

    /// The route, if all that it needs could be read.
    var settings: RouteSettings? {
        let parts = parts.compactMap(\.settings)
        guard let name, let path, parts.count == self.parts.count else { return nil }
        var kinds: [String: ParameterKind] = [:]
        for parameter in parameters { kinds[parameter.key] = parameter.value.value }
        // Two more than the parts: each may have to be tried again, but not all of them.
        var route = RouteSettings(
            name: name.value, path: path.value, parameters: kinds,
            upstreamCalls: upstreamCalls?.value ?? parts.count + 2, notFound: notFound, parts: parts)
        route.scopes = scopes
        route.deadline = deadline.value
        route.reuse = reuse?.value
        return route
    }
}

/// A part under examination.
struct PartDraft {
    let place: Place
    let name: Located<String>?
    let upstream: Located<String>?
    let path: Located<PathTemplate>?
    let into: Located<PartSettings.Destination>?
    let select: String?
    let schema: Located<SchemaReference>?
    let onNotFound: Located<PartSettings.OnNotFound>?
    let onFailure: Located<PartSettings.OnFailure>?
    let staleIfError: Duration?

    /// Where its reply goes: a member of its own name, if nothing else is said.
    var destination: PartSettings.Destination? {
        into?.value ?? name.map { .member($0.value) }
    }

    var isRoot: Bool { into?.value == .root }

    var settings: PartSettings? {
        guard let name, let upstream, let path, let destination else { return nil }
        var part = PartSettings(name: name.value, upstream: upstream.value, path: path.value, into: destination)
        part.select = select
        part.schema = schema?.value
        part.onNotFound = onNotFound?.value ?? part.onNotFound
        part.onFailure = onFailure?.value ?? part.onFailure
        part.staleIfError = staleIfError
        return part
    }
}
