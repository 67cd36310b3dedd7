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

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Lists the classes of Tomcat that this package uses. They are internal to Tomcat, and an
 * update of Tomcat may change them. So this class checks for them before a client is
 * served with them. The package may use no other classes of Tomcat; a test checks that.
 */
final class TomcatInternals {

	/** Creates the connections, and calls them. */
	static final String UPGRADE_HANDLER = "org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler";

	private static final String SOCKET = "org.apache.tomcat.util.net.SocketWrapperBase";

	private static final String NIO_SOCKET = "org.apache.tomcat.util.net.NioEndpoint$NioSocketWrapper";

	private static final String EVENT = "org.apache.tomcat.util.net.SocketEvent";

	private static final String STATE = "org.apache.tomcat.util.net.AbstractEndpoint$Handler$SocketState";

	static final List<Required> REQUIRED = List.of(Required.type("org.apache.catalina.connector.RequestFacade"),
			Required.type("org.apache.catalina.util.ServerInfo"),
			Required.method("org.apache.catalina.connector.Request", "getCoyoteRequest",
					"()Lorg/apache/coyote/Request;"),
			Required.method("org.apache.coyote.Request", "action",
					"(Lorg/apache/coyote/ActionCode;Ljava/lang/Object;)V"),
			Required.constant("org.apache.coyote.ActionCode", "CLOSE_NOW"), Required.type(UPGRADE_HANDLER),
			Required.type("org.apache.coyote.http11.upgrade.UpgradeInfo"),
			Required.type("org.apache.tomcat.util.net.SSLSupport"),
			Required.type("org.apache.tomcat.util.net.SecureNioChannel"),
			Required.method("org.apache.tomcat.util.net.NioChannel", "getIOChannel",
					"()Ljava/nio/channels/SocketChannel;"),
			Required.method(SOCKET, "getSocket", "()Ljava/lang/Object;"),
			Required.method(SOCKET, "read", "(ZLjava/nio/ByteBuffer;)I"), Required.method(SOCKET, "flush", "(Z)Z"),
			Required.method(SOCKET, "registerWriteInterest", "()V"), Required.method(SOCKET, "isClosed", "()Z"),
			Required.method(SOCKET, "setReadTimeout", "(J)V"),
			Required.method(SOCKET, "processSocket", "(Lorg/apache/tomcat/util/net/SocketEvent;Z)V"),
			Required.method(NIO_SOCKET, "updateLastRead", "()V"), Required.constant(EVENT, "OPEN_READ"),
			Required.constant(EVENT, "OPEN_WRITE"), Required.constant(EVENT, "STOP"),
			Required.constant(EVENT, "DISCONNECT"), Required.constant(STATE, "CLOSED"),
			Required.constant(STATE, "UPGRADED"));

	private TomcatInternals() {
	}

	/**
	 * Check that everything that is used exists.
	 * @param loader the class loader of Tomcat
	 * @return what is missing, or {@code null} if nothing is
	 */
	static @Nullable String findFault(ClassLoader loader) {
		return findFault(REQUIRED, loader);
	}

	static @Nullable String findFault(List<Required> required, ClassLoader loader) {
		for (Required each : required) {
			if (!each.isThere(loader)) {
				return each + " is missing";
			}
		}
		try {
			return findFault(Class.forName(UPGRADE_HANDLER, false, loader), TomcatConnection.class);
		}
		catch (ClassNotFoundException | LinkageError ex) {
			return UPGRADE_HANDLER + " cannot be implemented: " + ex;
		}
	}

	/**
	 * Check that all methods that Tomcat calls are implemented.
	 * @param type the interface
	 * @param implementation the class that implements it
	 * @return what is missing, or {@code null} if nothing is
	 */
	static @Nullable String findFault(Class<?> type, Class<?> implementation) {
		for (Method each : type.getMethods()) {
			if (Modifier.isAbstract(each.getModifiers()) && !isImplemented(each, implementation)) {
				return each + " is called, and is not implemented";
			}
		}
		return null;
	}

	private static boolean isImplemented(Method method, Class<?> implementation) {
		try {
			Method found = implementation.getMethod(method.getName(), method.getParameterTypes());
			return !Modifier.isAbstract(found.getModifiers())
					&& method.getReturnType().isAssignableFrom(found.getReturnType());
		}
		catch (NoSuchMethodException ex) {
			return false;
		}
	}

	/**
	 * A class, method or constant that is used.
	 *
	 * @param type the class
	 * @param name the method or constant, or {@code null} if only the class is used
	 * @param descriptor the descriptor of the method as in class files, or {@code null}
	 * if it is a constant
	 */
	record Required(String type, @Nullable String name, @Nullable String descriptor) {

		static Required type(String type) {
			return new Required(type, null, null);
		}

		static Required method(String type, String name, String descriptor) {
			return new Required(type, name, descriptor);
		}

		static Required constant(String type, String name) {
			return new Required(type, name, null);
		}

		boolean isThere(ClassLoader loader) {
			try {
				Class<?> found = Class.forName(this.type, false, loader);
				MethodHandles.Lookup lookup = MethodHandles.publicLookup();
				if (this.name != null && this.descriptor != null) {
					lookup.findVirtual(found, this.name,
							MethodType.fromMethodDescriptorString(this.descriptor, loader));
				}
				else if (this.name != null) {
					lookup.findStaticGetter(found, this.name, found);
				}
				return Modifier.isPublic(found.getModifiers());
			}
			catch (ReflectiveOperationException | LinkageError | TypeNotPresentException ex) {
				return false;
			}
		}

		@Override
		public String toString() {
			return this.type + ((this.name != null) ? "." + this.name : "")
					+ ((this.descriptor != null) ? this.descriptor : "");
		}

	}

}
