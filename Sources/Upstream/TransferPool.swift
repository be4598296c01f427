// Easy handles are kept: setting one up costs more than a call on it.

internal import Configuration
internal import Pipeline

/// The endpoints of one upstream on one loop, each with its idle transfers.
final class TransferPool {
    private static let mostIdle = 256
    private let settings: TransferSettings
    private var endpoints: [(endpoint: Endpoint, form: CallHead.Form, idle: [Transfer])]
    private let places: EndpointPlaces?
    private var random = FastRandom()

    init(
        _ upstream: UpstreamSettings, _ settings: TransferSettings, userAgent: String, places: EndpointPlaces?
    ) {
        self.places = places
        self.settings = settings
        endpoints = upstream.endpoints.map {
            let endpoint = Endpoint($0)
            return (endpoint, settings.form(of: endpoint, userAgent: userAgent), [])
        }
    }

    /// A transfer to the endpoint with fewer calls under way of two picked at random: nearly as even as asking all of
    /// them, and no endpoint that has just become free is stormed.
    func take(on loop: FanOutLoop) -> Transfer {
        let place = places?.take(choose()) ?? choose()
        endpoints[place].endpoint.inFlight += 1
        if let idle = endpoints[place].idle.popLast() { return idle }
        return Transfer(to: endpoints[place].endpoint, settings, head: CallHead(endpoints[place].form), on: loop)
    }

    func giveBack(_ transfer: Transfer) {
        guard let place = endpoints.firstIndex(where: { $0.endpoint === transfer.endpoint }) else { return }
        endpoints[place].endpoint.inFlight -= 1
        places?.giveBack(place)
        guard !transfer.isWorn, endpoints[place].idle.count < Self.mostIdle else { return }
        endpoints[place].idle.append(transfer)
    }

    func nextSpan() -> UInt64 { random.next() | 1 }

    private func choose() -> Int {
        guard endpoints.count > 1 else { return 0 }
        let one = Int.random(in: 0..<endpoints.count, using: &random)
        let step = Int.random(in: 1..<endpoints.count, using: &random)
        let other = (one + step) % endpoints.count
        return endpoints[one].endpoint.inFlight <= endpoints[other].endpoint.inFlight ? one : other
    }
}
