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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.test.MachineTime;
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
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for consumer groups of an account that lacks rights on Kafka.
 */
@Timeout(180)
@ExtendWith(OutputCaptureExtension.class)
class KafkaGroupRightsTests {

	private static final Duration LIMIT = Duration.ofSeconds(60);

	private static final String MEMBER = "This node cannot be a member of the group 'billing'";

	/** Everybody may do what no access control list is about. */
	private static final Map<String, String> AUTHORIZER = Map.of("authorizer.class.name",
			"org.apache.kafka.metadata.authorizer.StandardAuthorizer", "allow.everyone.if.no.acl.found", "true");

	@Test
	void aGroupWithoutItsRightIsFailingAndLoggedOnce(CapturedOutput output) throws Exception {
		AclBinding denial = new AclBinding(
				new ResourcePattern(ResourceType.GROUP, "atmosphere-group.", PatternType.PREFIXED),
				new AccessControlEntry("User:*", "*", AclOperation.READ, AclPermissionType.DENY));
		try (KafkaServer server = KafkaServer.create(AUTHORIZER); Admin admin = server.admin()) {
			admin.createAcls(List.of(denial)).all().get();
			RelayNode node = node(server).start();
			try {
				node.awaitRoundTrip(LIMIT);
				KafkaTestMember member = KafkaTestMember.join(node.relay(),
						new GroupOptions("billing", (channel) -> true, GroupOptions.Start.EARLIEST));
				Guard guard = node.guards().of(Part.LISTENERS);
				MachineTime.await(LIMIT).until(guard::isFailing);
				assertThat(guard.lastFailure()).contains("GroupAuthorizationException");
				assertThat(output.getOut().lines().filter((line) -> line.contains(MEMBER))).singleElement()
					.asString()
					.contains("'Read' on consumer groups with the prefix 'atmosphere-'");
				admin.deleteAcls(List.of(denial.toFilter())).all().get();
				MachineTime.await(LIMIT).until(() -> !member.lanes().isEmpty());
			}
			finally {
				node.relay().stop();
			}
		}
	}

	private static RelayNode node(KafkaServer server) {
		Map<String, Object> properties = Map.of("bootstrap.servers",
				server.direct().host() + ":" + server.direct().port());
		return new RelayNode(new KafkaRelay(new DefaultKafkaProducerFactory<>(properties),
				new DefaultKafkaConsumerFactory<>(properties), properties,
				KafkaTestBroker.logSettings("rights", new EnvelopeCodec(1024), Duration.ofMinutes(5))));
	}

}
