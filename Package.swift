// swift-tools-version: 6.2
// The gateway as a tree of small targets: dependencies point downwards, siblings do not know each other,
// and only `Gateway` puts them together. The README's table says in a sentence what each is for.

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // Targets are small and their borders are for readers: the optimiser may look across them. Measured: 5 % of a request.
    // What the compiler cannot prove of exclusive access is checked as it runs in debug builds, which all tests are: 5 % of
    // a request's instructions.
    .unsafeFlags(
        ["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let posix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let embedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let tls = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let http1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let ssl = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing = Target.Dependency.product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

func target(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func system(_ name: String, pkgConfig: String? = nil, debian: String? = nil) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: debian.map { [.apt([$0])] })
}

let package = Package(
    name: "conversation-gateway",
    products: [.executable(name: "gateway", targets: ["GatewayCommand"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .executableTarget(
            name: "GatewayCommand",
            dependencies: [
                "Gateway", "Configuration", "Identity", "StubUpstreams", "Telemetry", "Upstream", "CCurl", arguments,
                logging,
                lifecycle,
            ],
            swiftSettings: settings,
            // Requests and answers cross from one thread to another, which glibc's allocator pays for with contended locks.
            // Measured: a fifth of a request. Tests and libraries keep glibc's.
            linkerSettings: [.linkedLibrary("mimalloc")]),
        // Not part of the gateway: `deploy/tokens` runs it.
        .executableTarget(
            name: "TokenBench",
            dependencies: ["Identity", "Pipeline", "Configuration", "Upstream", crypto, cryptoExtras],
            path: "Tests/Benchmarks/Tokens", swiftSettings: settings),
        // Nor is this: `deploy/turns` runs it.
        .executableTarget(
            name: "TurnsBench",
            dependencies: [
                "Aggregation", "Configuration", "JSON", "Pipeline", "Resilience", "StubUpstreams", "Upstream", logging,
            ],
            path: "Tests/Benchmarks/Turns", swiftSettings: settings),
        // Nor is this: `deploy/gameday` runs it.
        .executableTarget(
            name: "GameDay",
            dependencies: ["StubUpstreams", "Identity", "Configuration", arguments, nio, posix, http1],
            path: "Tests/Benchmarks/GameDay", swiftSettings: settings),
        target(
            "Gateway",
            [
                "Edge", "Aggregation", "Upstream", "Resilience", "Identity", "Telemetry", "Admin", "Configuration",
                "JSON",
                "Pipeline", crypto, logging, metrics,
            ]),
        target("Edge", ["Pipeline", "Configuration", "CNGHTTP2", nio, posix, http1, tls, ssl, logging]),
        target("Aggregation", ["JSON", "Pipeline", "Configuration", logging]),
        target("Upstream", ["Pipeline", "Configuration", "CCurl", "CLinux"]),
        target("Resilience", ["Pipeline"]),
        target("Identity", ["Pipeline", "Configuration", "CHiredis", logging, "JSON", crypto, jwt, yams]),
        target("Telemetry", ["Pipeline", "Configuration", logging, metrics, tracing]),
        .target(
            name: "Admin", dependencies: ["Pipeline"],
            // The page is compiled in: nothing can be missing where the program runs.
            resources: [
                "page.html", "page.css", "figures.js", "graph.js", "waterfall.js", "page.js",
            ].map { .embedInCode("Page/" + $0) },
            swiftSettings: settings),
        target("Configuration", [yams]),
        target("JSON", ["CSimdJSON"]),
        target("Pipeline", []),
        target("StubUpstreams", [nio, posix, http1, yams]),
        system("CCurl", pkgConfig: "libcurl", debian: "libcurl4-openssl-dev"),
        system("CNGHTTP2", pkgConfig: "libnghttp2", debian: "libnghttp2-dev"),
        system("CHiredis", debian: "libhiredis-dev"),
        system("CLinux"),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        tests("AdminTests", ["Admin", "Pipeline"]),
        tests("PipelineTests", ["Pipeline"]),
        tests("ResilienceTests", ["Resilience", "Pipeline"]),
        tests("JSONTests", ["JSON"]),
        tests("ConfigurationTests", ["Configuration", yams], exclude: ["Broken", "Samples"]),
        tests("StubUpstreamsTests", ["StubUpstreams", nio, posix, http1]),
        tests(
            "IdentityTests", ["Support", "Identity", "Pipeline", "Configuration", "JSON", "Upstream", crypto, logging]),
        tests(
            "TelemetryTests",
            ["Support", "Telemetry", "Pipeline", "Configuration", logging, metrics, tracing, inMemoryTracing]),
        tests(
            "UpstreamTests",
            [
                "Support", "Upstream", "Resilience", "Pipeline", "Configuration", "StubUpstreams", "CCurl", nio, posix,
                ssl,
            ]),
        tests("AggregationTests", ["Aggregation", "Upstream", "JSON", "Configuration", "Pipeline", logging]),
        tests(
            "EdgeTests",
            [
                "Support", "Edge", "CNGHTTP2", "Pipeline", "Configuration", nio, posix, embedded, ssl,
                logging,
            ]),
        tests(
            "GatewayTests",
            [
                "Support", "Gateway", "Aggregation", "Identity", "JSON", "Resilience", "Upstream", "Pipeline",
                "Configuration", "Telemetry", logging,
            ]),
        target(
            "Support",
            [
                "Gateway", "Configuration", "Identity", "StubUpstreams", "Upstream", crypto, cryptoExtras, logging,
            ],
            path: "Tests/Support"),
        tests(
            "JourneyTests", ["Support", "Gateway", "Upstream", "Configuration", "StubUpstreams", crypto],
            exclude: ["Metrics"]),
        // Depends on the executable so that it is built: the tests run it as a process.
        tests("CommandTests", ["Support", "GatewayCommand", "StubUpstreams", "Configuration"]),
        tests("ContractTests", ["Support", "Gateway", "Configuration", "StubUpstreams", yams]),
    ],
    cxxLanguageStandard: .cxx17
)
