// What `serve` says when it has begun: where it listens, what it calls, what clients can ask, what is off, where to look.
// A person at a terminal gets a screen; a log gets one line. Stdout gets neither, since it may be the access log.

import Configuration
import Gateway
import Glibc
import Logging

struct StartScreen {
    /// With the ports that the system chose.
    private let settings: Settings

    init(_ gateway: Gateway) {
        var settings = gateway.settings
        for (index, address) in gateway.addresses.enumerated() where settings.server.listen.indices.contains(index) {
            settings.server.listen[index].address = address
        }
        if let address = gateway.adminAddresses.first { settings.admin.address = address }
        self.settings = settings
    }

    func show(_ logger: Logger) {
        if isatty(STDERR_FILENO) == 1 {
            Standard.error("\ngateway \(Version.current)\n\n\(SettingsSummary(settings))")
        } else {
            logger.info(
                "Serving.",
                metadata: [
                    "version": "\(Version.current)",
                    "listeners": "\(settings.server.listen.map(\.address.description).joined(separator: ", "))",
                    "upstreams": "\(settings.upstreams.map(\.name).joined(separator: ", "))",
                    "routes": "\(settings.routes.map(name).joined(separator: ", "))",
                    "off": "\(settings.turnedOff.joined(separator: ", "))",
                    "page": "\(settings.admin.address.url)",
                ])
        }
    }

    /// With what is not the same for all: that its answers may be given again is to be known to whoever reads the log.
    private func name(_ route: RouteSettings) -> String {
        route.name + (route.reuse.map { " (reuse \($0.written))" } ?? "")
    }
}
