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

package io.github.atmosphererelay.feed;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.RecordingClient;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A feed of an account that lacks rights on Kafka.
 */
@Timeout(300)
@Reconciles
@ExtendWith(OutputCaptureExtension.class)
class FeedRightsTests {

	/** Everybody may do what no access control list is about. */
	private static final Map<String, String> AUTHORIZER = Map.of("authorizer.class.name",
			"org.apache.kafka.metadata.authorizer.StandardAuthorizer", "allow.everyone.if.no.acl.found", "true",
			"auto.create.topics.enable", "false");

	@Test
	void aFeedNeedsNoRightToGroupsAndOneThatMayNotReadItsTopicSaysSoWhileOthersFlow(CapturedOutput output)
			throws Exception {
		ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
		try (KafkaServer server = KafkaServer.create(AUTHORIZER);
				Admin admin = server.admin();
				FeedTopic open = FeedTopic.named(server, "open", 1);
				FeedTopic secret = FeedTopic.named(server, "secret", 1)) {
			AclBinding noGroups = denial(ResourceType.GROUP, "*", AclOperation.ALL);
			AclBinding unreadable = denial(ResourceType.TOPIC, "secret", AclOperation.READ);
			admin.createAcls(List.of(noGroups, unreadable)).all().get();
			try (TestNode node = TestNode.start("spring.kafka.bootstrap-servers=" + server.adminServers(),
					"atmosphere.feeds[0].topic=open", "atmosphere.feeds[0].channel=open/{key}",
					"atmosphere.feeds[1].topic=secret", "atmosphere.feeds[1].channel=secret/{key}")) {
				List<Feed> feeds = node.bean(Feeds.class).all();
				MachineTime.await(AbstractFeedTests.LIMIT)
					.until(() -> feeds.get(0).isUp()
							&& String.valueOf(feeds.get(1).problem()).contains("may not read the topic 'secret'"));
				assertThat(feeds.get(1).problem()).contains("READ and DESCRIBE");
				assertThat(feeds.get(1).isUp()).isFalse();
				try (TestClient client = node.connect("open/a?ack=true").awaitCount(1)) {
					open.put("a", "1");
					assertThat(client.awaitCount(2).texts().get(1)).isEqualTo("1");
				}
				assertThat(health(node)).contains("\"DEGRADED\"", "may not read the topic 'secret'");
				RecordingClient waiting = new RecordingClient("waiting", List.of("secret/a"),
						() -> URI.create("ws://localhost:" + node.port() + "/atmosphere/connection/websocket"), timer,
						1);
				waiting.connect();
				admin.deleteAcls(List.of(unreadable.toFilter())).all().get();
				MachineTime.await(AbstractFeedTests.LIMIT).until(waiting::isLive);
				assertThat(feeds.get(1).problem()).isNull();
				secret.put("a", "\"told\"");
				MachineTime.await(AbstractFeedTests.LIMIT).until(() -> waiting.offset("secret/a") == 1);
				assertThat(waiting.faults()).isEmpty();
				assertThat(waiting.heard().get("secret/a").get(0).deliveries())
					.containsExactly(new RecordingClient.Delivery(1, "told"));
				waiting.close();
				assertThat(health(node)).doesNotContain("secret");
			}
			assertThat(output.getOut().lines().filter((line) -> line.contains("The feed 'secret' does not work")))
				.hasSize(1);
		}
		finally {
			timer.shutdownNow();
		}
	}

	private static AclBinding denial(ResourceType type, String name, AclOperation operation) {
		return new AclBinding(new ResourcePattern(type, name, PatternType.LITERAL),
				new AccessControlEntry("User:*", "*", operation, AclPermissionType.DENY));
	}

	private static String health(TestNode node) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(node.http("/actuator/health")).build(), HttpResponse.BodyHandlers.ofString())
			.body();
	}

}
