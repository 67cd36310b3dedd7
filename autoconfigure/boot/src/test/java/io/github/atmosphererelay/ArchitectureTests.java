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

package io.github.atmosphererelay;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.properties.CanBeAnnotated;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.github.atmosphererelay.door.internal.Door;
import io.github.atmosphererelay.door.internal.DoorContext;
import io.github.atmosphererelay.node.internal.MessagingNode;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * Holds the house rules that the compiler cannot: which package may know which, and what
 * auto-configuration classes look like. Rules tolerate packages that do not exist yet.
 */
@AnalyzeClasses(packages = ArchitectureTests.ROOT,
		importOptions = { ImportOption.DoNotIncludeTests.class, ArchitectureTests.DoNotIncludeTestJars.class })
class ArchitectureTests {

	static final String ROOT = "io.github.atmosphererelay";

	/**
	 * What makes up a node, lowest first: each package may know those before it. A
	 * package stands for its {@code internal} one too.
	 */
	private static final List<String> NODE = List.of("message..", "relay", "session..", "refusal", "application",
			"channel", "delivery", "event", "security", "subscription.log", "subscription", "broadcast", "inbound",
			"node");

	/**
	 * Each package above the node with those beside the node that it may know. A package
	 * stands for its sub-packages too where it ends with two dots.
	 */
	private static final Map<String, List<String>> ABOVE_NODE = Map.ofEntries(Map.entry("cluster..", List.of()),
			Map.entry("presence..", List.of("cluster..")), Map.entry("outbox..", List.of("jdbc..", "cluster..")),
			Map.entry("durable..", List.of("cluster..")), Map.entry("transport", List.of()),
			Map.entry("transport.http..", List.of()),
			Map.entry("transport.tomcat..", List.of("transport", "transport.http..")),
			Map.entry("door", List.of("transport", "transport.http..", "cluster..", "presence..", "durable..")),
			Map.entry("door.stream..",
					List.of("door", "transport", "transport.http..", "cluster..", "presence..", "durable..")),
			Map.entry("door.raw..", List.of("door", "transport", "cluster..", "presence..", "durable..")),
			Map.entry("door.atmosphere..",
					List.of("door", "door.raw..", "door.centrifuge..", "transport", "transport.http..", "cluster..",
							"presence..", "durable..")),
			Map.entry("door.centrifuge..",
					List.of("door", "transport", "transport.http..", "cluster..", "presence..", "durable..",
							"resource..")),
			Map.entry("listening..", List.of("cluster..")),
			Map.entry("feed..", List.of("cluster..", "relay.redis..", "relay.http..", "state..")),
			Map.entry("resource..", List.of()), Map.entry("routing..", List.of("cluster..")),
			Map.entry("stomp..", List.of("cluster..", "presence..")),
			Map.entry("stream..", List.of("feed..", "state..")),
			Map.entry("route..", List.of("door", "transport", "cluster..", "presence..", "durable..", "routing..")),
			Map.entry("http..", List.of("door", "transport", "cluster..", "presence..", "durable..")),
			Map.entry("console..", List.of("resource..")), Map.entry("group..", List.of()),
			Map.entry("endpoint..", List.of("listening..", "group..")),
			Map.entry("security.spring..", List.of("route..")), Map.entry("httpsession..", List.of("door")),
			Map.entry("actuate..",
					List.of("relay..", "cluster..", "presence..", "durable..", "transport..", "door..", "endpoint..",
							"outbox..", "listening..", "routing..", "group..", "feed..", "stomp..", "stream..")),
			Map.entry("autoconfigure..", List.of("..")));

	/**
	 * Packages that know only a part of the node.
	 */
	private static final Map<String, List<String>> BESIDE_NODE = Map.of("guard..", List.of(), "statistics..", List.of(),
			"jdbc..", List.of("relay", "message.."), "relay.local..", List.of("relay", "message.."), "relay.redis..",
			List.of("relay", "message.."), "relay.kafka..", List.of("relay", "message.."), "relay.jdbc..",
			List.of("relay", "message..", "jdbc.."), "relay.http..", List.of("relay", "message.."), "state..",
			List.of("relay", "relay.redis.."), "contract..",
			List.of("relay", "durable..", "message..", "group..", "state..", "test.."));

	private static final Map<String, List<String>> MAY_KNOW = mayKnow();

	private static Map<String, List<String>> mayKnow() {
		Map<String, List<String>> mayKnow = new HashMap<>(BESIDE_NODE);
		for (int i = 0; i < NODE.size(); i++) {
			mayKnow.put(NODE.get(i), NODE.subList(0, i));
		}
		ABOVE_NODE.forEach((name, known) -> mayKnow.put(name, Stream.concat(NODE.stream(), known.stream()).toList()));
		return mayKnow;
	}

	@ArchTest
	static final ArchRule noPackageCycles = slices().matching(ROOT + ".(**)").should().beFreeOfCycles();

	@ArchTest
	static final ArchRule relaysDoNotKnowEachOther = slices().matching(ROOT + ".relay.(*)..")
		.should()
		.notDependOnEachOther();

	@ArchTest
	static final ArchRule messageKnowsLittleMoreThanTheJdk = classes().that()
		.resideInAPackage(in("message.."))
		.should()
		.onlyDependOnClassesThat(resideInAnyPackage("java..", "org.jspecify..", "com.github.f4b6a3.uuid..",
				"org.springframework.lang..", "org.springframework.util..", in("message..")));

	@ArchTest
	static final ArchRule bootIsKnownInFewPlaces = noClasses().that()
		.resideOutsideOfPackages(in("autoconfigure.."), in("actuate.."))
		.should()
		.dependOnClassesThat(resideInAPackage("org.springframework.boot.."));

	@ArchTest
	static final ArchRule nobodySleeps = noClasses().should()
		.callMethodWhere(DescribedPredicate.describe("Thread.sleep is called",
				(call) -> call.getTargetOwner().isEquivalentTo(Thread.class) && call.getName().equals("sleep")))
		.because("waiting is for schedulers and conditions");

	@ArchTest
	static final ArchRule whatIsScheduledIsGuarded = noClasses().that()
		.resideOutsideOfPackage(in("guard.."))
		.should()
		.callMethodWhere(DescribedPredicate.describe("something is scheduled",
				(call) -> call.getTargetOwner().isAssignableTo(ScheduledExecutorService.class)
						&& call.getName().startsWith("schedule")))
		.because("a task that throws an Error must neither end for ever nor do so unseen: schedule it by its Guard");

	/**
	 * What an application is put together of: configurations, and what starts and stops
	 * the node.
	 */
	private static final DescribedPredicate<JavaClass> COMPOSITIONS = CanBeAnnotated.Predicates
		.metaAnnotatedWith(Configuration.class)
		.<JavaClass>forSubtype()
		.or(simpleName("MessagingLifecycle"))
		.as("compositions");

	@ArchTest
	static final ArchRule theNodeIsKnownToCompositionsAlone = noClasses().that()
		.resideOutsideOfPackage(in("node.."))
		.and(DescribedPredicate.not(COMPOSITIONS))
		.should()
		.dependOnClassesThat(assignableTo(MessagingNode.class).or(assignableTo(MessagingNode.Builder.class)))
		.because("a class that takes a whole node does not tell what it uses: give it that by its constructor");

	@ArchTest
	static final ArchRule whatDoorsAreMadeOfIsKnownToThoseThatMakeThem = classes().that()
		.areAssignableTo(DoorContext.class)
		.should()
		.onlyHaveDependentClassesThat(COMPOSITIONS.or(assignableTo(DoorContext.class))
			.or(assignableTo(DoorContext.Builder.class))
			.or(assignableTo(Door.class)))
		.because("the classes of a door get from it, by their constructors, what each of them uses");

	@ArchTest
	static final ArchRule autoConfigurationsFollowBoot = classes().that()
		.areAnnotatedWith(AutoConfiguration.class)
		.should()
		.haveSimpleNameEndingWith("AutoConfiguration")
		.andShould()
		.bePublic()
		.andShould()
		.haveModifier(JavaModifier.FINAL)
		.andShould(haveNoPublicMembers());

	@ArchTest
	static final ArchRule otherConfigurationsAreInternal = classes().that()
		.areAnnotatedWith(Configuration.class)
		.and()
		.areNotAnnotatedWith(AutoConfiguration.class)
		.should()
		.notBePublic();

	@ArchTest
	static final ArchRule beanMethodsAreInternal = methods().that()
		.areAnnotatedWith(Bean.class)
		.should()
		.notBePublic()
		.andShould()
		.notBePrivate();

	@ArchTest
	static final ArchRule classConditionsStandOnClasses = noMethods().that()
		.areAnnotatedWith(Bean.class)
		.should()
		.beAnnotatedWith(ConditionalOnClass.class)
		.because("the method's signature is loaded before the condition is asked: use a nested configuration");

	@ArchTest
	static void packagesKnowOnlyThoseBelowThem(JavaClasses classes) {
		MAY_KNOW.forEach((name, known) -> {
			// All may know what keeps them going and what counts, which know nobody
			String[] allowed = Stream.concat(Stream.of(name, "guard..", "statistics.."), known.stream())
				.flatMap(ArchitectureTests::rooms)
				.toArray(String[]::new);
			classes().that()
				.resideInAnyPackage(rooms(name).toArray(String[]::new))
				.should()
				.onlyDependOnClassesThat(resideOutsideOfPackage(in("..")).or(resideInAnyPackage(allowed)))
				.check(classes);
		});
	}

	@ArchTest
	static void everyPackageIsInTheTable(JavaClasses classes) {
		String[] packages = MAY_KNOW.keySet().stream().flatMap(ArchitectureTests::rooms).toArray(String[]::new);
		classes().should()
			.resideInAnyPackage(packages)
			.because("a new package is first given its place in the table above")
			.check(classes);
	}

	/**
	 * What is for applications does not lean on what may change in any release.
	 */
	@ArchTest
	static final ArchRule publicPackagesDoNotKnowInternalOnes = noClasses().that()
		.resideOutsideOfPackages("..internal..", in("autoconfigure.."), in("contract.."), in("test.."))
		.should()
		.dependOnClassesThat(resideInAPackage(ROOT + "..internal.."));

	private static Stream<String> rooms(String name) {
		return name.endsWith("..") ? Stream.of(in(name)) : Stream.of(in(name), in(name) + ".internal");
	}

	private static String in(String name) {
		return name.equals("..") ? ROOT + name : ROOT + "." + name;
	}

	/**
	 * The constructor without parameters is let through: the compiler makes it public if
	 * it is not written.
	 */
	private static ArchCondition<JavaClass> haveNoPublicMembers() {
		return new ArchCondition<>("have no public members") {

			@Override
			public void check(JavaClass type, ConditionEvents events) {
				List<JavaMember> members = new ArrayList<>(type.getMembers());
				members.removeIf((member) -> !member.getModifiers().contains(JavaModifier.PUBLIC)
						|| (member instanceof JavaConstructor constructor
								&& constructor.getRawParameterTypes().isEmpty()));
				members.forEach((member) -> events
					.add(SimpleConditionEvent.violated(member, member.getDescription() + " is public")));
			}

		};
	}

	/**
	 * The tests of other modules come as jars when these have been packaged.
	 */
	static final class DoNotIncludeTestJars implements ImportOption {

		@Override
		public boolean includes(Location location) {
			return !location.contains("-tests.jar");
		}

	}

}
