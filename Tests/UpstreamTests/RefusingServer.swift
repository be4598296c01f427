// A server of HTTP/2 over TLS that speaks no more of it than it must, and refuses streams as it is told.

import Configuration
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Refuses the first streams it is asked for with REFUSED_STREAM, and answers the others with 200 and `{}`.
final class RefusingServer: Sendable {
    fileprivate final class Counts: Sendable {
        let toRefuse: Int
        let streams = Atomic<Int>(0)

        init(_ toRefuse: Int) { self.toRefuse = toRefuse }
    }

    private let channel: any Channel
    private let counts: Counts

    private init(_ channel: any Channel, _ counts: Counts) {
        self.channel = channel
        self.counts = counts
    }

    static func start(_ files: ListenerTLS.Certificate, refusing count: Int) async throws -> RefusingServer {
        let counts = Counts(count)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
        configuration.applicationProtocols = ["h2"]
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context), RefusingHandler(counts))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return RefusingServer(channel, counts)
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    /// Streams it was asked for.
    var streams: Int { counts.streams.load(ordering: .relaxed) }

    func stop() async throws { try await channel.close() }
}

/// One connection: frames in, frames out (RFC 9113, sections 4.1 and 6).
private final class RefusingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let preface = 24
    private let counts: RefusingServer.Counts
    private var received = ByteBuffer()
    private var isGreeted = false

    init(_ counts: RefusingServer.Counts) { self.counts = counts }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        if !isGreeted {
            guard received.readableBytes >= Self.preface else { return }
            received.moveReaderIndex(forwardBy: Self.preface)
            isGreeted = true
            send(kind: 4, on: context)
        }
        while let header = received.getBytes(at: received.readerIndex, length: 9) {
            let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
            guard received.readableBytes >= 9 + length else { break }
            received.moveReaderIndex(forwardBy: 9 + length)
            take(kind: header[3], flags: header[4], stream: Array(header[5...]), on: context)
        }
        context.flush()
    }

    private func take(kind: UInt8, flags: UInt8, stream: [UInt8], on context: ChannelHandlerContext) {
        switch kind {
        case 1 where counts.streams.add(1, ordering: .relaxed).newValue <= counts.toRefuse:
            // RST_STREAM with REFUSED_STREAM.
            send(kind: 3, stream: stream, [0, 0, 0, 7], on: context)
        case 1:
            // `:status: 200` is the eighth entry of HPACK's static table.
            send(kind: 1, flags: 0x4, stream: stream, [0x88], on: context)
            send(kind: 0, flags: 0x1, stream: stream, Array("{}".utf8), on: context)
        case 4 where flags & 1 == 0:
            send(kind: 4, flags: 1, on: context)
        default: break
        }
    }

    private func send(
        kind: UInt8, flags: UInt8 = 0, stream: [UInt8] = [0, 0, 0, 0], _ payload: [UInt8] = [],
        on context: ChannelHandlerContext
    ) {
        let frame = [0, 0, UInt8(payload.count), kind, flags] + stream + payload
        context.write(Self.wrapOutboundOut(ByteBuffer(bytes: frame)), promise: nil)
    }
}
