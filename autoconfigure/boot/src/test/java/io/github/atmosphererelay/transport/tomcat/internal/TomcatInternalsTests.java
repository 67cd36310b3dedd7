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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.github.atmosphererelay.transport.tomcat.internal.TomcatInternals.Required;
import org.apache.catalina.util.ServerInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketHttpHeaders;
import org.springframework.web.socket.server.RequestUpgradeStrategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;

/**
 * Holds what is used of Tomcat's classes to the Tomcat that is there: an update that
 * changes one of them fails here, and says which.
 */
@ExtendWith(OutputCaptureExtension.class)
class TomcatInternalsTests {

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(new ImportOption.DoNotIncludeTests())
		.importPackages(TomcatInternals.class.getPackageName());

	private static final ClassLoader LOADER = TomcatInternals.class.getClassLoader();

	static List<Required> required() {
		return TomcatInternals.REQUIRED;
	}

	@ParameterizedTest
	@MethodSource("required")
	void thisTomcatHasWhatIsUsed(Required required) {
		assertThat(required.isThere(LOADER))
			.as("%s has no %s any more, which io.github.atmosphererelay.transport.tomcat.internal uses",
					ServerInfo.getServerInfo(), required)
			.isTrue();
	}

	@Test
	void thisTomcatCallsNothingThatIsNotThere() {
		assertThat(TomcatInternals.findFault(LOADER)).as("%s", ServerInfo.getServerInfo()).isNull();
	}

	@Test
	void allThatIsUsedIsInTheList() {
		Set<String> listed = TomcatInternals.REQUIRED.stream()
			.map((each) -> each.type() + ((each.name() != null) ? "." + each.name() : ""))
			.collect(Collectors.toCollection(TreeSet::new));
		TomcatInternals.REQUIRED.forEach((each) -> listed.add(each.type()));
		Set<String> used = new TreeSet<>();
		for (JavaClass type : CLASSES) {
			type.getDirectDependenciesFromSelf()
				.stream()
				.map((dependency) -> dependency.getTargetClass().getBaseComponentType().getName())
				.filter(TomcatInternalsTests::isTomcats)
				.forEach(used::add);
			Stream
				.<JavaAccess<?>>concat(type.getMethodCallsFromSelf().stream(), type.getFieldAccessesFromSelf().stream())
				.filter((access) -> isTomcats(access.getTargetOwner().getName()))
				// Of a switch over constants
				.filter((access) -> !List.of("values", "ordinal").contains(access.getName()))
				.forEach((access) -> used.add(access.getTargetOwner().getName() + "." + access.getName()));
		}
		// Without which the log names no version
		used.remove("org.apache.catalina.util.ServerInfo.getServerInfo");
		assertThat(used).contains("org.apache.tomcat.util.net.SocketWrapperBase.read");
		assertThat(listed).containsAll(used);
		List<String> unused = new ArrayList<>(listed);
		unused.removeAll(used);
		assertThat(unused).as("listed, and not used any more").isEmpty();
	}

	private static boolean isTomcats(String type) {
		return type.startsWith("org.apache.") && !type.startsWith("org.apache.commons.");
	}

	@Test
	void onlyThisPackageAndTheConnectionCountUseTomcat() {
		JavaClasses all = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
			.importPackages("io.github.atmosphererelay");
		Set<String> packages = all.stream()
			.filter((type) -> type.getDirectDependenciesFromSelf()
				.stream()
				.anyMatch((dependency) -> isTomcats(dependency.getTargetClass().getName())
						&& !dependency.getTargetClass().getName().startsWith("org.apache.kafka.")))
			.map(JavaClass::getPackageName)
			.collect(Collectors.toSet());
		assertThat(packages).containsExactlyInAnyOrder("io.github.atmosphererelay.transport.tomcat.internal",
				"io.github.atmosphererelay.autoconfigure");
	}

	@Test
	void whatIsMissingIsNamed() {
		String type = "org.apache.tomcat.util.net.SocketWrapperBase";
		assertThat(fault(Required.type("org.apache.tomcat.Gone"))).isEqualTo("org.apache.tomcat.Gone is missing");
		assertThat(fault(Required.method(type, "read", "(Z)I"))).isEqualTo(type + ".read(Z)I is missing");
		assertThat(fault(Required.method(type, "isClosed", "()V"))).isEqualTo(type + ".isClosed()V is missing");
		assertThat(fault(Required.constant("org.apache.tomcat.util.net.SocketEvent", "PAUSE")))
			.isEqualTo("org.apache.tomcat.util.net.SocketEvent.PAUSE is missing");
		assertThat(TomcatInternals.findFault(WebSocketHandler.class, TomcatConnection.class))
			.contains("WebSocketHandler.", "is called, and is not implemented");
	}

	private static String fault(Required required) {
		return TomcatInternals.findFault(List.of(required), LOADER);
	}

	@Test
	void clientsOfAnotherTomcatAreServedByTheContainerAndTheLogSaysWhyOnce(CapturedOutput output) {
		RequestUpgradeStrategy container = mock();
		TomcatUpgradeStrategy strategy = new TomcatUpgradeStrategy(container, "org.apache.tomcat.Gone is missing");
		ServerHttpRequest request = mock();
		HttpHeaders headers = new HttpHeaders();
		headers.set(WebSocketHttpHeaders.SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
		given(request.getHeaders()).willReturn(headers);
		WebSocketHandler handler = mock();
		given(handler.supportsPartialMessages()).willReturn(true);
		for (int i = 0; i < 2; i++) {
			strategy.upgrade(request, mock(ServerHttpResponse.class), null, List.of(), null, handler, Map.of());
		}
		then(container).should(times(2)).upgrade(any(), any(), any(), any(), any(), any(), any());
		assertThat(output.getAll().lines().filter((line) -> line.contains("org.apache.tomcat.Gone is missing")))
			.hasSize(1)
			.allSatisfy((line) -> assertThat(line).contains("WARN", ServerInfo.getServerInfo(),
					"'atmosphere.websocket.direct-io' to false"));
	}

}
