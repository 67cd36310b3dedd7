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

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions.Start;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * A node of a group in a process of its own. Writes a line for each message that it
 * handles, and ends with its input.
 */
public final class GroupNodeMain {

	private GroupNodeMain() {
	}

	public static void main(String[] args) throws Exception {
		PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
		RedisRelay relay = new RedisRelay(new LettuceConnectionFactory(RedisServers.HOST, Integer.parseInt(args[0])),
				new RedisRelaySettings("atmosphere:" + args[1] + ":", new EnvelopeCodec(64 * 1024), 10_000,
						Duration.ofSeconds(3)));
		GroupTestNode node = new GroupTestNode(relay, Start.EARLIEST,
				(channel, text) -> out.println("handled " + channel + " " + text));
		node.start();
		out.println("started");
		while (System.in.read() >= 0) {
			out.println("lag " + node.runner().statistics().lag() + " lanes " + node.lanes());
		}
		node.close();
		out.println("stopped");
		System.exit(0);
	}

}
