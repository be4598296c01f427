// What of a plan whoever tells about a request must know: what its parts are called, whom they ask, and which wait for which.

/// The parts of a plan, in the configuration's order. One for all requests of a route.
package final class PlanOutline: Sendable {
    package struct Part: Sendable {
        package let name: String
        package let upstream: String
        /// The places of the parts that it waits for.
        package let needs: [Int]

        package init(name: String, upstream: String, needs: [Int]) {
            self.name = name
            self.upstream = upstream
            self.needs = needs
        }
    }

    package let parts: [Part]

    package init(_ parts: [Part]) { self.parts = parts }
}
