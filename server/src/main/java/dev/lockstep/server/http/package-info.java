/// The HTTP side of the wire API without any of its resources: listener, routing, authentication,
/// limits, error bodies and rendering. A resource sees [ApiRequest] and answers an [ApiResponse];
/// only [HttpListener] and its helpers see Jetty.
package dev.lockstep.server.http;
