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

package io.github.atmosphererelay.demo.cluster;

import io.github.atmosphererelay.demo.cluster.DemoChatCluster.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link Options}.
 */
class DemoChatClusterOptionsTests {

	@Test
	void redisOn8080UnlessToldOtherwise() {
		assertThat(Options.parse()).isEqualTo(new Options(Broker.Kind.REDIS, false, false, 8080, false));
	}

	@Test
	void kafkaAndAnotherPort() {
		assertThat(Options.parse("--kafka", "--port=9000"))
			.isEqualTo(new Options(Broker.Kind.KAFKA, false, false, 9000, false));
	}

	@Test
	void aDatabase() {
		assertThat(Options.parse("--jdbc")).isEqualTo(new Options(Broker.Kind.JDBC, false, false, 8080, false));
	}

	@Test
	void noBroker() {
		assertThat(Options.parse("--http")).isEqualTo(new Options(Broker.Kind.HTTP, false, false, 8080, false));
	}

	@Test
	void theOutboxWithAnyOfThem() {
		assertThat(Options.parse("--outbox")).isEqualTo(new Options(Broker.Kind.REDIS, true, false, 8080, false));
		assertThat(Options.parse("--jdbc", "--outbox"))
			.isEqualTo(new Options(Broker.Kind.JDBC, true, false, 8080, false));
	}

	@Test
	void aGatewayBeforeThreeNodesAndAFourthOne() {
		Options options = Options.parse("--gateway");
		assertThat(options).isEqualTo(new Options(Broker.Kind.REDIS, false, true, 8080, false));
		assertThat(options.plan().gateway()).isEqualTo(8079);
		assertThat(options.plan().ports()).containsExactly(8080, 8081, 8082, 8083);
		assertThat(options.plan().nodesAtStart()).isEqualTo(3);
		assertThat(Options.parse().plan().allPorts()).containsExactly(8080, 8081, 8082);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--http", "--port=1", "--port=65533" })
	void refusesAGatewayThatCannotBe(String argument) {
		assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--gateway", argument));
		assertThatIllegalArgumentException().isThrownBy(() -> Options.parse(argument, "--gateway"));
	}

	@Test
	void help() {
		assertThat(Options.parse("-h").help()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--redis", "kafka", "--port=", "--port=x", "--port=0", "--port=65534", "--port=-1" })
	void refusesWhatItDoesNotKnow(String argument) {
		assertThatIllegalArgumentException().isThrownBy(() -> Options.parse(argument));
	}

}
