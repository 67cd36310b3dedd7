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

package io.github.atmosphererelay.endpoint.internal;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.listening.ChannelListener;
import io.github.atmosphererelay.listening.ChannelSubscriber;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.listening.PatternNotServedException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;

/**
 * The {@link ChannelListener} methods of an application. {@link #register} is called
 * once, when all beans exist and before the node starts. {@link #start} is called with
 * each start of the node; the streams end when the node's subscribers stop, and
 * {@link #stop} is called afterwards.
 */
public final class ChannelListeners {

	private static final Log logger = LogFactory.getLog(ChannelListeners.class);

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

	private final ChannelSubscriber subscriber;

	private final ListenerSupport support;

	private final GroupListeners groups;

	private volatile List<ListenerMethod> listeners = List.of();

	/** The listeners that have begun since the last start. */
	private final List<ListenerSubscriber> begun = new CopyOnWriteArrayList<>();

	/**
	 * Create the runtime of listeners, without any listener.
	 * @param subscriber makes the streams
	 * @param support what listeners need of their node
	 * @param groups gets the listeners that are in a group
	 */
	public ChannelListeners(ChannelSubscriber subscriber, ListenerSupport support, GroupListeners groups) {
		this.subscriber = subscriber;
		this.support = support;
		this.groups = groups;
	}

	/**
	 * Find the annotated methods.
	 * @param beans the application's beans
	 * @param support the parts of the application that methods need
	 * @throws InvalidEndpointException if a method cannot work
	 */
	public void register(ConfigurableListableBeanFactory beans, EndpointSupport support) {
		List<ListenerMethod> found = new ArrayList<>();
		for (String name : beans.getBeanNamesForType(Object.class, true, false)) {
			Class<?> type = ScopedProxyUtils.isScopedTarget(name) ? null : type(beans, name);
			Map<Method, ChannelListener> methods = (type != null) ? methods(type) : Map.of();
			if (type != null && !methods.isEmpty()) {
				add(found, beans, support, name, type, methods);
			}
		}
		this.listeners = List.copyOf(found);
	}

	private static @Nullable Class<?> type(ConfigurableListableBeanFactory beans, String name) {
		try {
			Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
			return (type != null) ? ClassUtils.getUserClass(type) : null;
		}
		catch (RuntimeException | LinkageError ex) {
			logger.warn("The class of the bean '" + name + "' cannot be loaded. If it has @ChannelListener methods,"
					+ " these are not called: " + ex);
			return null;
		}
	}

	private static Map<Method, ChannelListener> methods(Class<?> type) {
		if (type.getName().startsWith("org.springframework.")
				|| !AnnotationUtils.isCandidateClass(type, ChannelListener.class)) {
			return Map.of();
		}
		try {
			return MethodIntrospector.selectMethods(type,
					(Method method) -> AnnotatedElementUtils.findMergedAnnotation(method, ChannelListener.class));
		}
		catch (RuntimeException | LinkageError ex) {
			// For example, a method names an optional class that is absent
			logger.warn("The methods of " + type.getName() + " cannot be read. If it has @ChannelListener methods,"
					+ " these are not called: " + ex);
			return Map.of();
		}
	}

	private void add(List<ListenerMethod> found, ConfigurableListableBeanFactory beans, EndpointSupport support,
			String name, Class<?> type, Map<Method, ChannelListener> methods) {
		if (!beans.isSingleton(name)) {
			throw new InvalidEndpointException(
					"The bean '" + name + "' has @ChannelListener methods and is not a singleton",
					"Make it a singleton. An instance that exists for a time only, subscribes with ChannelSubscriber");
		}
		ArgumentResolvers resolvers = new ArgumentResolvers(support);
		RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(type), LOG_INTERVAL);
		Object bean = beans.getBean(name);
		methods.forEach((method, annotation) -> {
			if (!annotation.group().isEmpty()) {
				ChannelPattern pattern = name(name, beans.resolveEmbeddedValue(annotation.value()));
				EndpointMethods created = new EndpointMethods(name, bean, type, pattern, beans, support);
				this.groups.add(beans.resolveEmbeddedValue(annotation.group()), pattern, annotation,
						created.listener(method, resolvers),
						CompletionStage.class.isAssignableFrom(method.getReturnType()),
						exceptions(name, created, resolvers));
				return;
			}
			if (annotation.exactlyOnce()) {
				throw new InvalidEndpointException(
						"A @ChannelListener of the bean '" + name + "' has 'exactlyOnce' and no 'group'",
						"Set 'group': without one, every node handles every message, and none is repeated");
			}
			ChannelPattern channel = name(name, beans.resolveEmbeddedValue(annotation.value()));
			EndpointMethods created = new EndpointMethods(name, bean, type, channel, beans, support);
			found.add(new ListenerMethod(channel, options(name, channel, annotation),
					created.listener(method, resolvers), exceptions(name, created, resolvers), log));
		});
	}

	private static ExceptionMethods exceptions(String name, EndpointMethods created, ArgumentResolvers resolvers) {
		try {
			return created.exceptions(resolvers.forListenerException());
		}
		catch (InvalidEndpointException ex) {
			throw new InvalidEndpointException(
					"The @MessageExceptionHandler methods of the bean '" + name
							+ "' do not work for its @ChannelListener methods: " + ex.getMessage(),
					ex.action() + ". If the bean is also an endpoint whose handlers take the session, put the"
							+ " listeners into a bean of their own");
		}
	}

	private static ListenOptions options(String bean, ChannelPattern channel, ChannelListener annotation) {
		boolean now = annotation.start() == ChannelListener.Start.NOW;
		if (!now && !channel.isName()) {
			throw new InvalidEndpointException(
					"A @ChannelListener of the bean '" + bean + "' has the pattern '" + channel
							+ "' and 'start = BEGINNING', which needs the name of one channel, or a group",
					"Remove 'start', name one channel, or set 'group'");
		}
		try {
			return (now ? ListenOptions.fromNow() : ListenOptions.fromBeginning())
				.buffer(annotation.bufferMessages(), annotation.bufferBytes())
				.overflow(annotation.overflow());
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidEndpointException("A @ChannelListener of the bean '" + bean + "' for '" + channel
					+ "' has a buffer without room: " + ex.getMessage(),
					"Set 'bufferMessages' and 'bufferBytes' to 1 or more");
		}
	}

	private static ChannelPattern name(String bean, @Nullable String channel) {
		try {
			return ChannelPattern.parse((channel != null) ? channel : "");
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidEndpointException(
					"A @ChannelListener of the bean '" + bean + "' names '" + channel
							+ "', which is neither the name of a channel nor a pattern: " + ex.getMessage(),
					"Use a name such as orders/today, or a pattern such as orders/{id}");
		}
	}

	/**
	 * Begin to listen. Called when the node has started.
	 * @throws InvalidEndpointException if there is no such channel
	 */
	public void start() {
		for (ListenerMethod listener : this.listeners) {
			try {
				ListenerSubscriber begun = new ListenerSubscriber(listener, this.subscriber, this.support);
				this.begun.add(begun);
				begun.subscribe();
			}
			catch (UnknownChannelException ex) {
				throw new InvalidEndpointException(
						"The listener " + listener.method() + " cannot listen: " + ex.getMessage(),
						"Add the channel to 'atmosphere.channels', or correct the name in @ChannelListener");
			}
			catch (ChannelNotRecordedException ex) {
				throw new InvalidEndpointException(
						"The listener " + listener.method() + " cannot listen: " + ex.getMessage(),
						"Set 'history.size' at the channel's entry of 'atmosphere.channels', or remove 'start' from"
								+ " @ChannelListener");
			}
			catch (PatternNotServedException ex) {
				throw new InvalidEndpointException(
						"The listener " + listener.method() + " cannot listen by pattern: " + ex.getMessage(),
						"Set the same 'buckets' at the entries of 'atmosphere.channels' that '" + listener.channel()
								+ "' covers, or correct the pattern in @ChannelListener");
			}
		}
	}

	/**
	 * Note that the node has stopped, so that no listener subscribes again.
	 */
	public void stop() {
		this.begun.forEach(ListenerSubscriber::stop);
		this.begun.clear();
	}

}
