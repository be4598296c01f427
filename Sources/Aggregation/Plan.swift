// A route as a plan: parts, each a call, some needing a member of another part's reply. Data only; `PlanRun` walks it.

package import Configuration
internal import JSON
internal import Pipeline

/// The compiled plan of one route. Its configuration was checked: references lead somewhere, and never in a circle.
package final class Plan: Sendable {
    /// Where a part's reply goes.
    enum Destination: Sendable {
        /// Its members become the answer's.
        case root
        /// It becomes this member, written with its name and colon.
        case member([UInt8])
    }

    final class Part: Sendable {
        let name: String
        let upstream: String
        let path: CallPath
        let into: Destination
        let reading: PartReading
        let nullWhenGone: Bool
        let nullWhenFailed: Bool
        /// How old an earlier reply may be that stands in for one that failed; nil: none may.
        let staleIfError: Duration?
        /// The parts whose members its path names.
        let needs: [Int]
        /// The parts that wait for this one.
        let dependents: [Int]

        fileprivate init(_ index: Int, of route: RouteSettings, contract: ContractSettings) {
            let part = route.parts[index]
            name = part.name
            upstream = part.upstream
            path = CallPath(part.path, of: route)
            into = Plan.destination(part.into)
            reading = PartReading(part, of: route, contract: contract)
            nullWhenGone = part.onNotFound == .null
            nullWhenFailed = part.onFailure == .null
            staleIfError = part.staleIfError
            needs = Plan.needs(part.path, route)
            dependents = route.parts.indices.filter { Plan.needs(route.parts[$0].path, route).contains(index) }
        }
    }

    /// In the order of the configuration.
    let parts: [Part]
    /// The part whose members are the answer's own.
    let root: Int?
    /// What can start at once.
    let initial: [Int]
    /// The order in which parts are written: the contract's, then the configuration's.
    let order: [Int]
    /// For those who tell about its runs.
    let outline: PlanOutline
    /// Upstream calls that an answer may cost besides one for each part.
    let spareCalls: Int

    package init(_ route: RouteSettings, contract: ContractSettings) {
        spareCalls = route.upstreamCalls - route.parts.count
        root = route.parts.firstIndex { $0.into == .root }
        parts = route.parts.indices.map { Part($0, of: route, contract: contract) }
        outline = PlanOutline(parts.map { PlanOutline.Part(name: $0.name, upstream: $0.upstream, needs: $0.needs) })
        initial = route.parts.indices.filter { Self.needs(route.parts[$0].path, route).isEmpty }
        order = Self.order(route, contract)
    }

    /// How many calls it begins with, by upstream.
    package var firstCalls: [String: Int] {
        initial.reduce(into: [:]) { $0[parts[$1].upstream, default: 0] += 1 }
    }

    fileprivate static func destination(_ into: PartSettings.Destination) -> Destination {
        switch into {
        case .root:
            return .root
        case .member(let name):
            return .member(JSONOutput.prefix(name))
        }
    }

    fileprivate static func needs(_ path: PathTemplate, _ route: RouteSettings) -> [Int] {
        let named = path.segments.compactMap { segment -> Int? in
            guard case .member(let part, _) = segment else { return nil }
            return route.parts.firstIndex { $0.name == part }
        }
        return Array(Set(named)).sorted()
    }

    private static func order(_ route: RouteSettings, _ contract: ContractSettings) -> [Int] {
        let members = contract.memberOrder[route.path.description] ?? []
        func rank(_ index: Int) -> Int {
            switch route.parts[index].into {
            case .root: -1
            case .member(let name): members.firstIndex(of: name) ?? members.count + index
            }
        }
        return route.parts.indices.sorted { rank($0) < rank($1) }
    }
}
