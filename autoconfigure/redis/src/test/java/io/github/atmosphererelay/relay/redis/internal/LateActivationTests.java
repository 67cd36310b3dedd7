/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.embedded.RedisShardedCluster;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for connections that Lettuce hands out before they can be used. With a password
 * it ends the handshake on a thread of the common pool, which overtakes the event loop
 * now and then: what was published first was refused, although Redis was there.
 */
class LateActivationTests {

	private static final LogOptions LOG = new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5));

	private final AtomicInteger late = new AtomicInteger();

	private volatile boolean delaying;

	private final ClientResources resources = DefaultClientResources.builder().nettyCustomizer(new NettyCustomizer() {

		@Override
		public void afterChannelInitialized(Channel channel) {
			ChannelHandler commands = channel.pipeline().get(CommandHandler.class);
			channel.pipeline().addBefore(channel.pipeline().context(commands).name(), "late", new LateActivation());
		}

	}).build();

	private RelayNode node;

	@AfterEach
	void stop() {
		if (this.node != null) {
			this.node.relay().stop();
		}
		this.resources.shutdown().awaitUninterruptibly(2000);
	}

	@Test
	void theFirstConnectionsOfARelayAreUsedOnceTheyCanBe() {
		try (RedisServers.Standalone server = RedisServers.standalone()) {
			this.delaying = true;
			start(new RedisStandaloneConfiguration(RedisServers.HOST, server.port()));
			this.node.publish("ephemeral", "first");
			assertRecorded("recorded");
			assertThat(this.late).hasValue(2);
		}
	}

	@Test
	void theFirstAppendAtANodeOfAClusterWaitsForTheConnection() {
		RedisShardedCluster cluster = RedisServers.cluster();
		try {
			List<String> seeds = cluster.serverPorts().stream().map((port) -> RedisServers.HOST + ":" + port).toList();
			start(new RedisClusterConfiguration(seeds));
			// Only now: the connections by which Lettuce looks at the cluster have the
			// same fault, and the relay tries again until they have not
			this.delaying = true;
			for (int i = 0; i < 20; i++) {
				assertRecorded("slot/" + i);
			}
			assertThat(this.late).hasValue(cluster.serverPorts().size());
		}
		finally {
			RedisServers.stop(cluster);
		}
	}

	private void assertRecorded(String channel) {
		assertThat(this.node.relay()
			.publish(this.node.recorded(channel, "first", LOG))
			.orTimeout(10, TimeUnit.SECONDS)
			.join()
			.outcome()).isEqualTo(Outcome.RELAYED);
	}

	private void start(RedisConfiguration configuration) {
		LettuceConnectionFactory factory = new LettuceConnectionFactory(configuration,
				LettuceClientConfiguration.builder().clientResources(this.resources).build());
		RedisRelay relay = new RedisRelay(factory,
				new RedisRelaySettings("atmosphere:late:", new EnvelopeCodec(1000), 10_000, Duration.ofSeconds(3)));
		this.node = new RelayNode(relay).start().awaitRoundTrip(Duration.ofSeconds(15));
	}

	/**
	 * Tells of a channel that it is active some time after the handshake has ended.
	 */
	private final class LateActivation extends ChannelInboundHandlerAdapter {

		@Override
		public void channelActive(ChannelHandlerContext context) {
			if (!LateActivationTests.this.delaying) {
				context.fireChannelActive();
				return;
			}
			context.executor().schedule(() -> {
				LateActivationTests.this.late.incrementAndGet();
				context.fireChannelActive();
			}, 200, TimeUnit.MILLISECONDS);
		}

	}

}
