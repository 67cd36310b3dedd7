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

package io.github.atmosphererelay.benchmark;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link Options}.
 */
class OptionsTests {

	@Test
	void withoutArgumentsTheStarterTheBaselineAndTheBoundRunTheMainWorkloads() {
		Options options = Options.parse();
		assertThat(options.contenders()).containsExactly(Contender.OURS, Contender.BASELINE, Contender.NETTY);
		assertThat(options.workloads()).extracting(Workload::name).containsExactly("W1c", "W2c", "W1o", "W3", "W4");
		assertThat(options.out()).isNull();
		assertThat(options.chart()).isNull();
	}

	@Test
	void everyOptionIsTaken() {
		Options options = Options.parse("--passes=3", "--warmup=0.5", "--duration=2", "--workloads=w3,smoke",
				"--contenders=ours-kafka", "--java-home=/opt/jdk", "--jvm=-Xmx1g,-Xms1g", "--out=report.md",
				"--chart=chart.svg");
		assertThat(options).isEqualTo(new Options(3, Duration.ofMillis(500), Duration.ofSeconds(2),
				List.of(Workload.of("W3"), Workload.of("smoke")), List.of(Contender.OURS_KAFKA),
				Path.of("/opt/jdk/bin/java").toString(), List.of("-Xmx1g", "-Xms1g"), Path.of("report.md"),
				Path.of("chart.svg")));
	}

	@Test
	void allWorkloadsAreAllButTheSmokeTests() {
		assertThat(Options.parse("--workloads=all").workloads()).hasSize(Workload.ALL.size() - 2)
			.extracting(Workload::name)
			.doesNotContain("smoke", "smoke-stalled");
	}

	@Test
	void everyContenderCanBeNamed() {
		assertThat(Contender.values()).allSatisfy((contender) -> {
			String name = contender.name().toLowerCase(Locale.ROOT).replace('_', '-');
			assertThat(Options.parse("--contenders=" + name).contenders()).containsExactly(contender);
			assertThat(Options.USAGE).contains(name);
		});
	}

	@ParameterizedTest
	@CsvSource({ "passes=1, 'passes=1'", "--passes, '--passes'", "--turns=1, '--turns=1'", "--passes=0, passes",
			"--passes=none, passes", "--duration=0, duration", "--warmup=-1, warmup", "--workloads=W9, W9",
			"--contenders=nobody, nobody" })
	void whatMakesNoSenseIsRefusedAndNamed(String argument, String named) {
		assertThatIllegalArgumentException().isThrownBy(() -> Options.parse(argument)).withMessageContaining(named);
	}

}
