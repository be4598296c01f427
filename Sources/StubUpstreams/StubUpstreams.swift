// Two stub services on loopback, `conversations` and `crm`: they answer from fixtures, misbehave as a script says,
// and remember what they were asked.

package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Running stub upstreams.
///
/// All connections live on one event loop. The record, the script and the gates may be used from anywhere.
package final class StubUpstreams: Sendable {
    package enum Service: String, Sendable, Equatable, CaseIterable {
        case conversations, crm
    }

    package struct Address: Sendable, Equatable, CustomStringConvertible {
        package var host: String
        /// 0: any free one.
        package var port: Int

        package init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }

        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// A header field.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// An address that cannot be listened on.
    package struct CannotListen: Error, Sendable, CustomStringConvertible {
        package let address: Address
        package let reason: String

        package var description: String { "Cannot listen on \(address): \(reason)" }
    }

    /// As bound: the port is never 0.
    package let conversationsAddress: Address
    package let crmAddress: Address

    private let listeners: [any Channel]
    private let ownGroup: MultiThreadedEventLoopGroup?
    private let rules: RuleBook
    private let isStopped = Mutex(false)
    let recorder: Recorder
    let connections: Connections

    /// Listens and begins to answer.
    ///
    /// - Parameters:
    ///   - conversations, crm: where to listen; nil: where the script says, or else on 127.0.0.1, any free port.
    ///   - group: whose next loop to use; nil: a thread of its own, which ends with `stop()`.
    package static func start(
        script: Script = Script(), conversations: Address? = nil, crm: Address? = nil,
        on group: (any EventLoopGroup)? = nil
    ) async throws(CannotListen) -> StubUpstreams {
        let ownGroup = group == nil ? MultiThreadedEventLoopGroup(numberOfThreads: 1) : nil
        let loop = (group ?? ownGroup ?? MultiThreadedEventLoopGroup.singleton).next()
        let rules = RuleBook(script)
        let recorder = Recorder()
        let connections = Connections()
        let beginning = ContinuousClock.now
        let addresses: [Service: Address?] = [.conversations: conversations, .crm: crm]
        var listeners: [any Channel] = []
        for service in Service.allCases {
            let surroundings = Connection.Surroundings(
                service: service, rules: rules, recorder: recorder, connections: connections, beginning: beginning)
            let address = (addresses[service] ?? nil) ?? script.listen[service] ?? Address()
            do {
                listeners.append(try await listen(on: address, loop, surroundings))
            } catch {
                await close(listeners, connections)
                await shutDown(ownGroup)
                throw CannotListen(address: address, reason: String(describing: error))
            }
        }
        return StubUpstreams(listeners, ownGroup, rules, recorder, connections)
    }

    private init(
        _ listeners: [any Channel], _ ownGroup: MultiThreadedEventLoopGroup?, _ rules: RuleBook, _ recorder: Recorder,
        _ connections: Connections
    ) {
        conversationsAddress = Self.address(of: listeners[0])
        crmAddress = Self.address(of: listeners[1])
        self.listeners = listeners
        self.ownGroup = ownGroup
        self.rules = rules
        self.recorder = recorder
        self.connections = connections
    }

    /// Without a path, such as `http://127.0.0.1:40123`.
    package var conversationsURL: String { "http://\(conversationsAddress)" }
    package var crmURL: String { "http://\(crmAddress)" }

    /// Another script from the next call on; its counts begin anew. Replies under way stay as they are.
    package func replace(script: Script) {
        rules.replace(script)
    }

    /// Closes listeners and connections, calls in progress included, and waits until nothing is left of them. Again:
    /// does nothing.
    package func stop() async throws {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        // The loop may have ended already, and then nobody would answer.
        guard isFirst else { return }
        await Self.close(listeners, connections)
        try await ownGroup?.shutdownGracefully()
    }

    // MARK: Private

    private static func listen(
        on address: Address, _ loop: any EventLoop, _ surroundings: Connection.Surroundings
    ) async throws -> any Channel {
        try await ServerBootstrap(group: loop, childGroup: loop)
            // A burst of connections waits in the kernel, which cuts this to net.core.somaxconn: what finds no room there
            // tries again after a second, and would look like a stub that hangs.
            .serverChannelOption(.backlog, value: 4096)
            // A stub that was stopped must be able to come back on its port at once.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
                        Connection(surroundings),
                    ])
                }
            }
            .bind(host: address.host, port: address.port).get()
    }

    private static func close(_ listeners: [any Channel], _ connections: Connections) async {
        for listener in listeners {
            // Fails only if it is closed already, which is what is wanted.
            do { try await listener.close() } catch {}
        }
        await connections.closeAll()
    }

    /// After a failure, which is then what is told.
    private static func shutDown(_ group: MultiThreadedEventLoopGroup?) async {
        do { try await group?.shutdownGracefully() } catch {}
    }

    private static func address(of channel: any Channel) -> Address {
        Address(host: channel.localAddress?.ipAddress ?? "", port: channel.localAddress?.port ?? 0)
    }
}
