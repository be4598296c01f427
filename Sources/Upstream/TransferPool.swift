// Easy handles are kept: setting one up costs more than a call on it.

internal import Configuration
internal import Pipeline

/// The endpoints of one upstream on one loop, each with its idle transfers.
final class TransferPool {
    private static let mostIdle = 256
    private let settings: TransferSettings
    private var endpoints:
        [(endpoint: Endpoint, form: CallHead.Form, connections: EndpointConnections, idle: [Transfer])]
    private var random = FastRandom()

    init(_ upstream: UpstreamSettings, _ settings: TransferSettings, userAgent: String, on loop: FanOutLoop) {
        self.settings = settings
        endpoints = upstream.endpoints.map {
            let endpoint = Endpoint($0)
            let connections = loop.openConnections.to($0.description, of: upstream.name)
            return (endpoint, settings.form(of: endpoint, userAgent: userAgent), connections, [])
        }
    }

    /// A transfer to the endpoint at that place of the configuration.
    func take(_ place: Int, on loop: FanOutLoop) -> Transfer {
        if let idle = endpoints[place].idle.popLast() { return idle }
        return Transfer(
            to: endpoints[place].endpoint, at: place, settings, head: CallHead(endpoints[place].form),
            connections: endpoints[place].connections, on: loop)
    }

    func giveBack(_ transfer: Transfer, to place: Int) {
        guard !transfer.isWorn, endpoints[place].idle.count < Self.mostIdle else { return }
        endpoints[place].idle.append(transfer)
    }

    func nextSpan() -> UInt64 { random.next() | 1 }
}
